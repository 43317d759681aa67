//! Findings of the `packages` crate.

super::codes! {
    PACKAGE_LAYER_UNKNOWN = "package-layer-unknown", Loss,
        en: "Which layer brought {count} packages of {database} is not known: a lower layer's copy of this database is damaged, and they may have stood in it.",
        do_en: "The packages themselves are in the answer. To see which layer has them, look into this copy of the database.",
        ko: "{database}의 패키지 {count}개를 어느 레이어가 추가했는지 알 수 없습니다. 하위 레이어에 있는 이 데이터베이스의 사본이 손상되었으며, 그 안에 이 패키지들이 있었을 수 있습니다.",
        do_ko: "패키지 자체는 결과에 모두 있습니다. 어느 레이어에 있었는지는 이 사본을 직접 열어 확인하십시오.";
    PACKAGE_RECORD_LOST = "package-record-lost", Loss,
        en: "A record of {ecosystem} packages cannot be used: {reason}. What it names is not in the answer; all else is.",
        do_en: "Look at this file. Other images on the disk may hold the same record whole.",
        ko: "{ecosystem} 패키지 기록을 사용할 수 없습니다: {reason}. 이 기록에 있는 항목만 결과에서 빠졌고 나머지는 모두 포함되어 있습니다.",
        do_ko: "이 파일을 확인하십시오. 디스크의 다른 이미지에 같은 기록이 온전하게 남아 있을 수 있습니다.";
    PACKAGE_DATABASE_DAMAGED = "package-database-damaged", Loss,
        en: "A part of the {ecosystem} database cannot be read: {reason}. Packages that stand in that part are missing from the answer.",
        do_en: "Compare the list with another image that was built on the same base.",
        ko: "{ecosystem} 데이터베이스의 일부를 읽을 수 없습니다: {reason}. 그 부분에 있던 패키지는 결과에 없습니다.",
        do_ko: "같은 베이스로 만든 다른 이미지의 목록과 비교하십시오.";
    SQLITE_LOG_APPLIED = "sqlite-log-applied", Note,
        en: "The last changes of this database stand in its log ({frames} pages of `-wal`) and were applied here, as SQLite itself would.",
        do_en: "Nothing is lost: the program that wrote the database was stopped before it tidied up.",
        ko: "이 데이터베이스의 마지막 변경은 로그(`-wal`의 페이지 {frames}개)에 있어 SQLite와 같은 방식으로 적용했습니다.",
        do_ko: "손실은 없습니다. 데이터베이스를 쓰던 프로그램이 정리하기 전에 중단된 것입니다.";
    SQLITE_JOURNAL_PENDING = "sqlite-journal-pending", Damage,
        en: "A transaction of this database was interrupted and its rollback journal was not played back: the list may show part of an unfinished installation.",
        do_en: "Compare with the packages of the layer below, which were installed before.",
        ko: "이 데이터베이스의 트랜잭션이 중단되었고 롤백 저널은 적용하지 않았습니다. 끝나지 않은 설치의 일부가 목록에 보일 수 있습니다.",
        do_ko: "그 전에 설치된 하위 레이어의 패키지와 비교하십시오.";
    APT_STANZA_LOST = "apt-stanza-lost", Loss,
        en: "The entry of the package {package} in dpkg's database cannot be read: {reason}. The package is not in the answer; the others are.",
        do_en: "Look at this place of the file. In a running system `apt-get install --reinstall` of the package writes its entry anew.",
        ko: "dpkg 데이터베이스에서 패키지 {package}의 항목을 읽을 수 없습니다: {reason}. 이 패키지만 결과에서 빠졌고 나머지는 모두 포함되어 있습니다.",
        do_ko: "파일의 해당 위치를 확인하십시오. 동작하는 시스템이라면 해당 패키지를 `apt-get install --reinstall`로 다시 설치하면 항목이 새로 기록됩니다.";
    APT_FIELD_REPEATED = "apt-field-repeated", Damage,
        en: "The entry of the package {package} has the field {field} more than once. The last one was used, as apt does.",
        do_en: "dpkg refuses such a database, so it was edited by hand or is damaged. Check the version of this package.",
        ko: "패키지 {package}의 항목에 {field} 필드가 두 번 이상 있습니다. apt와 같이 마지막 값을 사용했습니다.",
        do_ko: "dpkg는 이런 데이터베이스를 거부하므로 수동으로 편집되었거나 손상된 것입니다. 이 패키지의 버전을 확인하십시오.";
    APT_BOUNDARY_MISSING = "apt-boundary-missing", Damage,
        en: "The empty line that ends the entry of the package {package} is missing. The next entry was read as one of its own.",
        do_en: "dpkg refuses such a database, so it was edited by hand or is damaged. Check this package and the next one.",
        ko: "패키지 {package}의 항목 끝에 있어야 할 빈 줄이 없습니다. 다음 항목은 별도의 항목으로 읽었습니다.",
        do_ko: "dpkg는 이런 데이터베이스를 거부하므로 수동으로 편집되었거나 손상된 것입니다. 이 패키지와 다음 패키지를 확인하십시오.";
    APT_END_MISSING = "apt-end-missing", Damage,
        en: "dpkg's database ends within the last line of the entry of the package {package}. The entry was used as far as it goes.",
        do_en: "The file may have been cut: the version of this last package may be incomplete, and packages after it may be missing.",
        ko: "dpkg 데이터베이스가 패키지 {package} 항목의 마지막 줄 중간에서 끝납니다. 남아 있는 부분까지만 사용했습니다.",
        do_ko: "파일이 잘렸을 수 있습니다. 마지막 패키지의 버전이 불완전하거나 그 뒤의 패키지가 빠졌을 수 있습니다.";
    APT_PACKAGE_REPEATED = "apt-package-repeated", Damage,
        en: "The package {package} has two entries of the same architecture in dpkg's database. The later one was used, as dpkg does.",
        do_en: "dpkg never writes this: the database was edited by hand or is damaged. Check the version of this package.",
        ko: "dpkg 데이터베이스에 아키텍처가 같은 패키지 {package}의 항목이 둘 있습니다. dpkg와 같이 뒤의 항목을 사용했습니다.",
        do_ko: "dpkg는 이렇게 기록하지 않으므로 수동으로 편집되었거나 손상된 것입니다. 이 패키지의 버전을 확인하십시오.";
    APT_STATUS_UNKNOWN = "apt-status-unknown", Damage,
        en: "The status {status} is not made of three words that dpkg knows. The package is listed with it and does not count as installed.",
        do_en: "Look at this place of the file to see what the status was meant to be.",
        ko: "상태 값 {status}은(는) dpkg가 아는 세 단어로 되어 있지 않습니다. 패키지는 이 상태로 표시되며 설치된 것으로 세지 않습니다.",
        do_ko: "파일의 해당 위치에서 원래 상태가 무엇이었는지 확인하십시오.";
    APT_TEXT_INVALID = "apt-text-invalid", Damage,
        en: "The value {value} in dpkg's database has bytes that are no text; they are shown as replacement characters.",
        do_en: "A byte of this line has most likely changed. Compare the version with another image that has the package.",
        ko: "dpkg 데이터베이스의 값 {value}에 텍스트가 아닌 바이트가 있어 대체 문자로 표시했습니다.",
        do_ko: "이 줄의 바이트가 바뀌었을 가능성이 큽니다. 같은 패키지가 있는 다른 이미지와 버전을 비교하십시오.";
    APT_UPDATES_PENDING = "apt-updates-pending", Note,
        en: "dpkg was interrupted: {count} of its changes stand in `updates` beside the database and were applied here, as dpkg itself would.",
        do_en: "Nothing is lost. In a running system `dpkg --configure -a` finishes what was interrupted.",
        ko: "dpkg 작업이 중단된 흔적이 있습니다. 데이터베이스 옆 `updates`에 남은 변경 {count}건을 dpkg와 같은 방식으로 적용해 표시했습니다.",
        do_ko: "손실은 없습니다. 동작하는 시스템이라면 `dpkg --configure -a`로 중단된 작업을 마칠 수 있습니다.";
    PIP_METADATA_INCOMPLETE = "pip-metadata-incomplete", Damage,
        en: "The metadata of the Python package {package} cannot be used: {reason}. Name and version were taken from the name of its directory or file.",
        do_en: "pip does not list such a package. Reinstall it to repair its metadata.",
        ko: "Python 패키지 {package}의 메타데이터를 사용할 수 없습니다: {reason}. 이름과 버전은 디렉터리 또는 파일 이름에서 가져왔습니다.",
        do_ko: "pip는 이런 패키지를 목록에 표시하지 않습니다. 다시 설치하면 메타데이터가 복구됩니다.";
    PIP_METADATA_LOST = "pip-metadata-lost", Loss,
        en: "The metadata of the Python package {package} cannot be used: {reason}. Its version is unknown and it is not in the answer.",
        do_en: "Look at the files in this directory; the package's own source may still tell its version.",
        ko: "Python 패키지 {package}의 메타데이터를 사용할 수 없습니다: {reason}. 버전을 알 수 없어 결과에 포함하지 않았습니다.",
        do_ko: "이 디렉터리의 파일을 확인하십시오. 패키지 소스에 버전이 남아 있을 수 있습니다.";
    PIP_EGG_ARCHIVE = "pip-egg-archive", Note,
        en: "{package} is a Python package in a zip archive, which is not opened. Its name and version were taken from the name of the file, if it tells them.",
        do_en: "The archive itself can be saved and opened with any zip program.",
        ko: "{package}은(는) zip 압축 형태의 Python 패키지이므로 열지 않았습니다. 파일 이름에 이름과 버전이 있으면 그것을 사용했습니다.",
        do_ko: "파일을 저장하면 일반 zip 프로그램으로 열 수 있습니다.";
    PIP_LEFTOVER = "pip-leftover", Note,
        en: "{package} is what pip left behind when it was interrupted while removing a package; it is not listed.",
        do_en: "pip ignores it too. The directory can be deleted.",
        ko: "{package}은(는) pip가 패키지를 제거하다가 중단되어 남은 것이므로 목록에 넣지 않았습니다.",
        do_ko: "pip도 이를 무시합니다. 이 디렉터리는 삭제해도 됩니다.";
    PIP_SEVERAL_VERSIONS = "pip-several-versions", Note,
        en: "The Python package {package} has metadata of several versions in {directory}: {versions}. All of them are listed.",
        do_en: "Python and pip see one of them only, whichever the directory names first. Reinstall the package to leave one.",
        ko: "{directory}에 Python 패키지 {package}의 메타데이터가 여러 버전으로 있습니다: {versions}. 모두 목록에 넣었습니다.",
        do_ko: "Python과 pip는 디렉터리에서 먼저 나오는 하나만 인식합니다. 패키지를 다시 설치하면 하나만 남습니다.";
    CONDA_RECORD_UNREADABLE = "conda-record-unreadable", Damage,
        en: "The conda record of the package {package} cannot be used: {reason}. Name, version and build were taken from the name of the file.",
        do_en: "conda refuses to work with such an environment. `conda install --force-reinstall` of the package writes the record anew.",
        ko: "패키지 {package}의 conda 기록을 사용할 수 없습니다: {reason}. 이름, 버전, 빌드는 파일 이름에서 가져왔습니다.",
        do_ko: "conda는 이런 환경에서 동작하지 않습니다. 해당 패키지를 `conda install --force-reinstall`로 다시 설치하면 기록이 새로 만들어집니다.";
    CONDA_RECORD_LOST = "conda-record-lost", Loss,
        en: "The conda record {package} cannot be used: {reason}. Its package is not in the answer; the others are.",
        do_en: "Look at this file; the environment's `conda-meta/history` also names what was installed.",
        ko: "conda 기록 {package}을(를) 사용할 수 없습니다: {reason}. 이 패키지만 결과에서 빠졌고 나머지는 모두 포함되어 있습니다.",
        do_ko: "이 파일을 확인하십시오. 환경의 `conda-meta/history`에도 설치된 항목이 기록되어 있습니다.";
}
