//! What happened, and when.

super::texts! {
    TITLE: "Timeline", "타임라인";
    LEAD: "Every time the disk tells, in your own time zone. Logs of dpkg and apt do not say their zone; theirs is taken as UTC.", "디스크에 남은 모든 시각을 이 컴퓨터의 시간대로 표시합니다. dpkg와 apt의 로그에는 시간대가 없으므로 UTC로 간주합니다.";
    TIME: "Time", "시각";
    KIND: "Kind", "종류";
    WHERE: "Where", "위치";
    WHAT: "What", "내용";
    DETAIL: "Detail", "상세";
    EVERY_KIND: "Every kind", "모든 종류";
    EVERYWHERE: "The whole disk, without files", "디스크 전체(파일 제외)";
    SCOPE: "Of", "대상";
    FILESYSTEM: "filesystem", "파일 시스템";
    IMAGE: "image", "이미지";
    CONTAINER: "container", "컨테이너";
    HEALTH: "health", "상태 검사";
    LOG: "log", "로그";
    VOLUME: "volume", "볼륨";
    PACKAGE: "package", "패키지";
    FILE: "file", "파일";
    CREATED: "created", "생성됨";
    TAGGED: "tagged", "태그됨";
    STARTED: "started", "시작됨";
    ENDED: "ended", "종료됨";
    ENDED_WITH: "ended ({code})", "종료됨({code})";
    HEALTHY: "check passed", "검사 통과";
    UNHEALTHY: "check failed", "검사 실패";
    FIRST_LINE: "first line", "첫 줄";
    LAST_LINE: "last line", "마지막 줄";
    COMMAND: "apt command", "apt 명령";
    INSTALLED: "installed", "설치됨";
    UPGRADED: "upgraded", "업그레이드됨";
    REMOVED: "removed", "제거됨";
    MOUNTED: "mounted", "마운트됨";
    WRITTEN: "written", "기록됨";
    NONE: "Nothing on this disk tells a time.", "시각 정보가 남아 있지 않습니다.";
    SEE: "Timeline", "타임라인";
}
