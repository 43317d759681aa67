//! Findings of the `archive` crate.

super::codes! {
    TAR_HEADER_BAD = "tar-header-bad", Loss,
        en: "No file's header stands here, though one should: {reason}. {count} bytes were passed over up to the next header or the end; the files described in them are not in the answer.",
        do_en: "The archive is damaged at this place. If there is another copy of it, compare the two; the files before and after are not affected.",
        ko: "이 위치에는 파일 헤더가 있어야 하지만 없습니다: {reason}. 다음 헤더 또는 끝까지 {count}바이트를 건너뛰었으며 그 안에 기록된 파일은 결과에 없습니다.",
        do_ko: "아카이브의 이 부분이 손상되었습니다. 다른 사본이 있으면 비교해 보십시오. 앞뒤의 파일에는 영향이 없습니다.";
    TAR_CUT = "tar-cut", Loss,
        en: "The archive ends within {name}. Everything before it is whole; what is missing of it cannot be read, and what came after it is not in the answer.",
        do_en: "The archive was not written or copied to its end. Look for a longer copy of it, or copy it again.",
        ko: "아카이브가 {name} 중간에서 끝납니다. 그 앞의 내용은 온전합니다. 잘린 부분은 읽을 수 없으며 그 뒤의 내용은 결과에 없습니다.",
        do_ko: "아카이브가 끝까지 기록되거나 복사되지 않았습니다. 더 긴 사본을 찾거나 다시 복사하십시오.";
    TAR_UNENDED = "tar-unended", Damage,
        en: "The archive ends right after {name}, without the mark that a writer puts at the end. Files after it may be missing.",
        do_en: "Compare the length of the file with the original. Where there is none, check that the directories you need are all there.",
        ko: "아카이브가 종료 표시 없이 {name} 바로 뒤에서 끝납니다. 그 뒤의 파일이 빠졌을 수 있습니다.",
        do_ko: "파일 크기를 원본과 비교하십시오. 원본이 없다면 필요한 디렉터리가 모두 있는지 확인하십시오.";
    TAR_GOES_ON = "tar-goes-on", Note,
        en: "More files follow the end mark of the archive; they are in the answer. Other tools stop at the mark.",
        do_en: "This is so when archives were joined into one file, or when a stretch of one was overwritten with zeros.",
        ko: "아카이브의 종료 표시 뒤에 파일이 더 있으며 결과에 포함했습니다. 다른 도구는 종료 표시에서 멈춥니다.",
        do_ko: "여러 아카이브를 하나로 이어 붙였거나 일부가 0으로 덮어써진 경우에 이렇게 됩니다.";
    TAR_TRAILING = "tar-trailing", Note,
        en: "Something that is no file follows the end mark of the archive. It was left aside.",
        do_en: "Other tools ignore it too.",
        ko: "아카이브의 종료 표시 뒤에 파일이 아닌 데이터가 있어 제외했습니다.",
        do_ko: "다른 도구도 이를 무시합니다.";
    TAR_NAME_CLIMBS = "tar-name-climbs", Damage,
        en: "The name of this entry leads upward out of its directory (..). The entry is shown under the part of its name behind the last of them.",
        do_en: "No tool of good intent writes such names. Be careful when you unpack this archive with other tools.",
        ko: "이 항목의 이름은 상위 디렉터리(..)로 벗어납니다. 마지막 .. 뒤의 이름으로 표시합니다.",
        do_ko: "정상적인 도구는 이런 이름을 기록하지 않습니다. 다른 도구로 이 아카이브를 풀 때 주의하십시오.";
    TAR_NAME_BELOW_FILE = "tar-name-below-file", Damage,
        en: "This entry stands below a name that an earlier entry made a file or a link. The name is now shown as a directory, and what it was before is not in the answer.",
        do_en: "Check which of the two is right: the archive may have been put together from several.",
        ko: "이 항목의 상위 이름이 앞선 항목에서는 파일이나 링크였습니다. 이제 그 이름을 디렉터리로 표시하며 이전 내용은 결과에 없습니다.",
        do_ko: "둘 중 어느 것이 맞는지 확인하십시오. 여러 아카이브를 합친 것일 수 있습니다.";
    TAR_ENTRY_LEFT_OUT = "tar-entry-left-out", Loss,
        en: "This entry is not in the answer: {reason}.",
        do_en: "The rest of the archive is not affected.",
        ko: "이 항목은 결과에 없습니다: {reason}.",
        do_ko: "아카이브의 나머지에는 영향이 없습니다.";
    TAR_KIND_UNKNOWN = "tar-kind-unknown", Note,
        en: "The archive has entries of the kind {kind}, which no standard describes. They are shown as regular files, as the standard asks.",
        do_en: "The tool that wrote the archive knows what they are.",
        ko: "아카이브에 표준에 없는 종류({kind})의 항목이 있습니다. 표준에서 정한 대로 일반 파일로 표시합니다.",
        do_ko: "이 항목이 무엇인지는 아카이브를 만든 도구에서 확인할 수 있습니다.";
    TAR_FIELD_BAD = "tar-field-bad", Damage,
        en: "A value in the headers of this entry cannot be read and was left out: {reason}.",
        do_en: "Owner, mode, time or name of the entry may differ from what they were.",
        ko: "이 항목의 헤더 값 하나를 읽을 수 없어 제외했습니다: {reason}.",
        do_ko: "항목의 소유자, 모드, 시각, 이름이 원래와 다를 수 있습니다.";
    TAR_SPARSE_BAD = "tar-sparse-bad", Loss,
        en: "The content of this file cannot be read: the list of its pieces is wrong ({reason}).",
        do_en: "The file is listed with its size. Its bytes are in the archive, but which of them belongs where is not known.",
        ko: "이 파일의 내용을 읽을 수 없습니다. 조각 목록이 잘못되었습니다({reason}).",
        do_ko: "파일은 크기와 함께 목록에 표시됩니다. 데이터는 아카이브에 있지만 어느 위치에 속하는지 알 수 없습니다.";
    GZIP_CUT = "gzip-cut", Loss,
        en: "The packed file ends before its content does. Everything up to the cut was read; what came after is not in the answer.",
        do_en: "The file was not written or copied to its end. Look for a longer copy of it, or copy it again.",
        ko: "압축 파일이 내용보다 먼저 끝납니다. 잘린 곳까지는 모두 읽었으며 그 뒤의 내용은 결과에 없습니다.",
        do_ko: "파일이 끝까지 기록되거나 복사되지 않았습니다. 더 긴 사본을 찾거나 다시 복사하십시오.";
    GZIP_DAMAGED = "gzip-damaged", Loss,
        en: "The packed file is damaged here: {reason}. Everything before was read; what comes after in it cannot be unpacked and is not in the answer.",
        do_en: "Packed data cannot be read past a damaged place. Look for another copy of the file.",
        ko: "압축 파일이 이 위치에서 손상되었습니다: {reason}. 그 앞은 모두 읽었으며 그 뒤의 내용은 풀 수 없어 결과에 없습니다.",
        do_ko: "압축된 데이터는 손상된 곳 이후로는 읽을 수 없습니다. 파일의 다른 사본을 찾아보십시오.";
    ZSTD_DAMAGED = "zstd-damaged", Loss,
        en: "The file packed with zstd is cut or damaged here: {reason}. Everything before was read; what comes after in it cannot be unpacked and is not in the answer.",
        do_en: "Packed data cannot be read past a damaged place. Look for another copy of the file.",
        ko: "zstd로 압축된 파일이 이 위치에서 잘렸거나 손상되었습니다: {reason}. 그 앞은 모두 읽었으며 그 뒤의 내용은 풀 수 없어 결과에 없습니다.",
        do_ko: "압축된 데이터는 손상된 곳 이후로는 읽을 수 없습니다. 파일의 다른 사본을 찾아보십시오.";
    GZIP_SUM = "gzip-sum", Damage,
        en: "The checksum of the packed file does not fit its content: at least one byte of it is wrong. All of it was unpacked.",
        do_en: "Which file is touched cannot be told from this. The digests of images and layers tell it for them; compare the rest with another copy.",
        ko: "압축 파일의 체크섬이 내용과 맞지 않습니다. 한 바이트 이상이 잘못되었지만 전체를 풀 수 있었습니다.",
        do_ko: "이것만으로는 어느 파일인지 알 수 없습니다. 이미지와 레이어는 다이제스트로 확인할 수 있으며 나머지는 다른 사본과 비교하십시오.";
    GZIP_TRAILING = "gzip-trailing", Note,
        en: "Something that is not packed data follows the packed data. It was left aside.",
        do_en: "Other tools ignore it too, some with a warning.",
        ko: "압축 데이터 뒤에 압축 데이터가 아닌 내용이 있어 제외했습니다.",
        do_ko: "다른 도구도 이를 무시하며 경고를 표시하기도 합니다.";
}
