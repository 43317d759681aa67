//! Words of the frame around the pages, of tables and of units.

super::texts! {
    NAME: "Careen", "Careen";
    SKIP: "Skip to content", "본문으로 건너뛰기";
    NAV: "Pages", "페이지";
    NAV_OPEN: "Open a disk", "디스크 열기";
    NAV_OVERVIEW: "Overview", "개요";
    NAV_IMAGES: "Images", "이미지";
    NAV_CONTAINERS: "Containers", "컨테이너";
    NAV_VOLUMES: "Volumes", "볼륨";
    NAV_NETWORKS: "Networks", "네트워크";
    NAV_FILES: "Files", "파일";
    NAV_PACKAGES: "Packages", "패키지";
    NAV_BUILD_CACHE: "Build cache", "빌드 캐시";
    NAV_SPACE: "Space", "공간";
    NAV_TIMELINE: "Timeline", "타임라인";
    NAV_FINDINGS: "Findings", "점검 결과";
    NAV_EXPORT: "Take out", "꺼내기";
    NAV_ABOUT: "About", "정보";
    LANGUAGE: "Language", "언어";
    THEME_LIGHT: "Switch to light colors", "밝은 색상으로";
    THEME_DARK: "Switch to dark colors", "어두운 색상으로";

    READING: "Reading", "읽는 중";
    COMPLETE: "Read completely", "모두 읽음";
    FAILED: "Could not be opened", "열 수 없음";
    CANCELLED: "Stopped", "중지됨";
    NEEDS_FILE: "Needs another file", "다른 파일 필요";
    CHOOSE: "Choose a disk", "디스크를 선택하십시오";
    CANCEL: "Stop", "중지";
    GO_ON: "Go on reading", "이어서 읽기";
    BYTES_READ: "{size} read", "{size} 읽음";
    STAGE_DISK: "disk format", "디스크 형식";
    STAGE_FILESYSTEM: "filesystem", "파일 시스템";
    STAGE_STORE: "Docker's records", "Docker 기록";
    STAGE_VOLUMES: "volume sizes", "볼륨 크기";
    STAGE_PACKAGES: "packages", "패키지";
    STAGE_FILES: "files", "파일";

    NOTE: "Note", "참고";
    DAMAGE: "Damage", "손상";
    LOSS: "Loss", "손실";

    UNKNOWN: "Not known", "알 수 없음";
    UNKNOWN_YET: "Not read yet", "아직 읽지 않음";
    YES: "yes", "예";
    NO: "no", "아니요";
    BYTES: "{n} bytes", "{n}바이트";
    JUST_NOW: "just now", "방금";
    AGO: "{span} ago", "{span} 전";
    AHEAD: "in {span}", "{span} 후";
    SECONDS: "{n} s", "{n}초";
    MINUTES_SECONDS: "{m} min {s} s", "{m}분 {s}초";
    MINUTE: "1 minute", "1분";
    MINUTES: "{n} minutes", "{n}분";
    HOUR: "1 hour", "1시간";
    HOURS: "{n} hours", "{n}시간";
    DAY: "1 day", "1일";
    DAYS: "{n} days", "{n}일";
    MONTH: "1 month", "1개월";
    MONTHS: "{n} months", "{n}개월";
    YEAR: "1 year", "1년";
    YEARS: "{n} years", "{n}년";

    FILTER: "Filter", "필터";
    ROWS: "{n} rows", "{n}개";
    ROW: "1 row", "1개";
    ROWS_OF: "{n} of {total}", "{total}개 중 {n}개";
    COPY_TABLE: "Copy the table", "표 복사";
    EXPORT_TABLE: "Export what is shown as CSV", "표시된 내용을 CSV로 내보내기";
    COPY: "Copy", "복사";
    COPIED: "Copied", "복사했습니다";
    COPY_FAILED: "The browser did not let us copy", "브라우저가 복사를 허용하지 않았습니다";
    SORT_BY: "Sort by {column}", "{column} 기준 정렬";
    NO_MATCH: "No row contains “{filter}”.", "“{filter}”을(를) 포함하는 행이 없습니다.";
    CLEAR_FILTER: "Clear the filter", "필터 지우기";
    EMPTY: "There are none on this disk.", "이 디스크에는 없습니다.";
    LOADING: "Reading …", "읽는 중…";
    CLOSE: "Close", "닫기";
    DETAILS: "Details", "상세";
    BROWSE_FILES: "Browse files", "파일 보기";
    SEE_ALL: "See all", "모두 보기";

    FAIL_IO: "The file could not be read.", "파일을 읽을 수 없습니다.";
    FAIL_UNSUPPORTED: "This is not handled by this version.", "이 버전에서는 지원하지 않습니다.";
    FAIL_CORRUPT: "This cannot be read: the bytes on the disk are not what they should be.", "읽을 수 없습니다. 디스크의 내용이 올바르지 않습니다.";
    FAIL_NEEDS_FILE: "Another file is needed as well.", "다른 파일이 하나 더 필요합니다.";
    FAIL_LIMIT: "Reading stopped at a safety limit.", "안전 한도에 도달하여 읽기를 멈췄습니다.";
    FAIL_CANCELLED: "It was stopped.", "중지되었습니다.";
    FAIL_NOTHING_OPEN: "No disk is open.", "열린 디스크가 없습니다.";
    FAIL_WORKER: "The reader stopped before it could answer.", "읽기 작업이 응답하기 전에 종료되었습니다.";

    NOTICE_RESTARTED: "Reading was stopped in the middle of a step. What was read so far stays here, and you can go on browsing.", "작업 도중에 읽기를 중지했습니다. 지금까지 읽은 내용은 그대로이며 계속 살펴볼 수 있습니다.";
    NOTICE_DIED: "The reader ended unexpectedly ({reason}). What was read so far stays here; it starts again when it is needed.", "읽기 작업이 예기치 않게 종료되었습니다({reason}). 지금까지 읽은 내용은 그대로이며 필요할 때 다시 시작됩니다.";
    NOTICE_UNUSED: "Left out, because it is no disk and this one does not need it: {names}", "디스크가 아니고 이 디스크에도 필요하지 않아 제외한 파일: {names}";
    NOTICE_BUILDS: "The page and its reader come from different versions, most likely because an old one is cached. Reload the page.", "페이지와 읽기 모듈의 버전이 서로 다릅니다. 이전 버전이 캐시에 남아 있을 수 있으니 페이지를 새로 고치십시오.";
    RELOAD: "Reload", "새로 고침";
    NOTICE_UPDATE: "A newer build of Careen is ready. Loading it closes what is open; the disk then has to be picked again.", "Careen의 새 빌드가 준비되었습니다. 불러오면 열린 디스크가 닫히므로 다시 선택해야 합니다.";
    UPDATE: "Load it", "불러오기";
    NOTICE_LOST: "{name} changed, or another program holds it, so the browser refuses to read on. Quit Docker, run wsl --shutdown, then pick the file again. What was read so far stays here.", "{name} 파일이 변경되었거나 다른 프로그램이 사용 중이라 브라우저가 더 이상 읽지 못합니다. Docker를 종료하고 wsl --shutdown을 실행한 뒤 파일을 다시 선택하십시오. 지금까지 읽은 내용은 그대로입니다.";
    PICK_AGAIN: "Pick the file again", "파일 다시 선택";
    NEEDS_DISK: "No disk is open", "열린 디스크가 없습니다";
    NEEDS_DISK_WHY: "This page shows what is on a disk. Open one to see it.", "이 페이지는 디스크의 내용을 보여 줍니다. 먼저 디스크를 여십시오.";
    RELOADED: "The page was reloaded", "페이지를 새로 고쳤습니다";
    RELOADED_WHY: "A browser forgets the files you picked when a page reloads. Pick {name} again and you are back here.", "페이지를 새로 고치면 브라우저는 선택했던 파일을 잊습니다. {name} 파일을 다시 선택하면 이 화면으로 돌아옵니다.";
    PICK_FILE: "Pick {name}", "{name} 선택";
    WAIT_OVERVIEW: "The disk is being opened. This takes a few seconds.", "디스크를 여는 중입니다. 몇 초 걸립니다.";
}
