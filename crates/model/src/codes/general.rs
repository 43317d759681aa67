//! Findings that any reader can make.

super::codes! {
    READ_FAILED = "read-failed", Loss,
        en: "This could not be read: {reason}.",
        do_en: "Check that the file is still there and not in use by another program, then open it again. If the reason stays, the storage under it may be failing: copy the file to another drive first.",
        ko: "읽을 수 없습니다: {reason}.",
        do_ko: "파일이 그대로 있고 다른 프로그램이 사용 중이 아닌지 확인한 뒤 다시 여십시오. 같은 이유가 계속되면 저장 장치 고장일 수 있으니 먼저 파일을 다른 드라이브로 복사하십시오.";
    READER_ENDED = "reader-ended", Loss,
        en: "The page's reader ended while it was at {what}, so this was left out.",
        do_en: "This is a fault of Careen or a lack of memory, and no damage of the disk. Close other tabs and open the disk again, or use the careen command.",
        ko: "{what}에서 페이지의 읽기 작업이 종료되어 이 항목을 제외했습니다.",
        do_ko: "디스크 손상이 아니라 Careen의 결함이나 메모리 부족입니다. 다른 탭을 닫고 디스크를 다시 열거나 careen 명령을 사용하십시오.";
    STRUCTURE_DAMAGED = "structure-damaged", Loss,
        en: "A structure that leads here is damaged: {reason}.",
        do_en: "Take out what is listed. A check of the filesystem on a copy of the disk file (e2fsck) may bring back more; the disk file itself stays as it is.",
        ko: "여기로 이어지는 구조가 손상되었습니다: {reason}.",
        do_ko: "목록에 있는 것을 먼저 꺼내십시오. 디스크 파일의 사본에서 파일 시스템 검사(e2fsck)를 실행하면 더 되살릴 수도 있습니다. 원본 파일은 그대로 두십시오.";
    NOT_SUPPORTED = "not-supported", Loss,
        en: "This is legal, but this version does not read it: {reason}. It is not in the answer.",
        do_en: "Nothing is known to be wrong with it. The files it is made of can be browsed in the scope fs, or try a newer version.",
        ko: "올바른 데이터이지만 이 버전에서는 읽지 못합니다: {reason}. 결과에 포함되지 않았습니다.",
        do_ko: "손상된 것으로 확인된 부분은 없습니다. 이를 이루는 파일은 fs 범위에서 살펴볼 수 있습니다. 또는 더 새로운 버전을 사용해 보십시오.";
    LIMIT_REACHED = "limit-reached", Loss,
        en: "Reading stopped at a safety limit: {reason}. What lies beyond it is not in the answer.",
        do_en: "A healthy disk does not come near this limit, so the structure is most likely damaged. The rest of the disk is not affected.",
        ko: "안전 한도에 도달하여 읽기를 멈췄습니다: {reason}. 그 이후의 내용은 결과에 포함되지 않았습니다.",
        do_ko: "정상적인 디스크는 이 한도에 가까이 가지 않으므로 해당 구조가 손상되었을 가능성이 큽니다. 디스크의 나머지 부분에는 영향이 없습니다.";
    FINDINGS_OMITTED = "findings-omitted", Note,
        en: "{count} more findings of the kind {kind} are not listed one by one.",
        do_en: "The listed ones show the pattern; all of them have the same cause.",
        ko: "{kind} 종류의 발견 항목 {count}건은 하나씩 나열하지 않았습니다.",
        do_ko: "나열된 항목만으로 양상을 알 수 있으며 원인은 모두 같습니다.";
    DIRECTORY_CYCLE = "directory-cycle", Damage,
        en: "The directory {name} contains one of its own parents; it was not entered a second time.",
        do_en: "Nothing is lost: the directory is listed where it was met first.",
        ko: "디렉터리 {name} 안에 자신의 상위 디렉터리가 들어 있어 다시 들어가지 않았습니다.",
        do_ko: "손실은 없습니다. 해당 디렉터리는 처음 나온 위치에 표시됩니다.";
    DIRECTORY_TWICE = "directory-twice", Damage,
        en: "The directory {name} has more than one name, which no sound filesystem allows; it was entered under the first one only.",
        do_en: "Its content is listed once, under its first name. A check of the filesystem (on a copy) decides which name is the right one.",
        ko: "디렉터리 {name}에 이름이 둘 이상 있습니다. 정상적인 파일 시스템에서는 있을 수 없는 상태이며, 처음 나온 이름으로만 들어갔습니다.",
        do_ko: "내용은 처음 나온 이름 아래에 한 번만 표시됩니다. 어느 이름이 맞는지는 사본에서 파일 시스템 검사를 실행하여 확인하십시오.";
}
