//! Containers, volumes and networks.

super::texts! {
    TITLE: "Containers", "컨테이너";
    NAME: "Name", "이름";
    IMAGE: "Image", "이미지";
    STATE: "State", "상태";
    COMMAND: "Command", "명령";
    CREATED: "Created", "생성";
    STARTED: "Started", "시작";
    FINISHED: "Ended", "종료";
    EXIT_CODE: "Exit code", "종료 코드";
    COMPOSE: "Compose", "Compose";
    ID: "Id", "ID";
    STORE: "Store", "저장소";
    RUNNING: "running", "실행 중";
    PAUSED: "paused", "일시 중지";
    EXITED: "exited", "종료됨";
    EXITED_WITH: "exited ({code})", "종료됨({code})";
    STATE_CREATED: "created", "생성됨";
    DEAD: "dead", "dead";
    RESTARTING: "restarting", "재시작 중";
    STATE_HINT: "As Docker last wrote it on this disk", "Docker가 이 디스크에 마지막으로 기록한 상태";
    SEE_MERGED: "Files as the container saw them", "컨테이너에서 보이던 파일";
    SEE_CHANGES: "Only the files it wrote", "기록한 파일만";
    SEE_LIST: "What it changed", "변경 목록";
    SEE_LOG: "Log", "로그";

    LOG_TITLE: "Log of {name}", "{name}의 로그";
    LOG_SEARCH: "Search in the log", "로그에서 검색";
    LOG_BOTH: "Both streams", "모든 출력";
    LOG_STDOUT: "Standard output", "표준 출력";
    LOG_STDERR: "Standard error", "표준 오류";
    LOG_TIMES: "Times", "시각";
    LOG_OLDEST: "Oldest", "처음";
    LOG_OLDER: "Older", "이전";
    LOG_NEWER: "Newer", "다음";
    LOG_NEWEST: "Newest", "마지막";
    LOG_SAVE: "Save as docker logs prints it", "docker logs 형식으로 저장";
    LOG_EMPTY: "This container printed nothing that was kept.", "보관된 출력이 없습니다.";
    LOG_NO_MATCH: "Nothing in the log matches.", "일치하는 내용이 없습니다.";
    LOG_GOES_ON: "The line goes on in the next record", "다음 레코드에서 줄이 계속됩니다";
    CHANGES_TITLE: "What {name} changed", "{name}에서 변경된 것";
    CHANGES_LEAD: "Every path that differs from the container's image, as docker diff tells it.", "컨테이너 이미지와 다른 모든 경로입니다(docker diff와 같음).";
    CHANGES_NONE: "Nothing: the container is as its image was.", "변경 없음: 이미지 그대로입니다.";
    CHANGE: "Change", "변경";
    CHANGED_PATH: "Path", "경로";
    ADDED: "added", "추가";
    CHANGED: "changed", "변경";
    DELETED: "deleted", "삭제";
    MOUNTS: "Volumes", "볼륨";

    VOLUMES_TITLE: "Volumes", "볼륨";
    SIZE: "Size", "크기";
    FILES: "Files", "파일 수";
    USED_BY: "Used by", "사용 컨테이너";
    DRIVER: "Driver", "드라이버";
    LABELS: "Labels", "레이블";
    OPTIONS: "Options", "옵션";
    PATH: "Directory", "디렉터리";
    ANONYMOUS: "anonymous", "익명";
    ANONYMOUS_WHY: "made by Docker for an image's VOLUME", "이미지의 VOLUME 때문에 Docker가 만든 볼륨";
    LABELS_UNREAD: "the database that holds them cannot be read", "레이블을 담은 데이터베이스를 읽을 수 없음";
    TOTAL: "{size} in all", "합계 {size}";
    TOTAL_SPARSE: "{size} in all, gaps counted: files with gaps (sparse files) take less on the disk", "합계 {size}(빈 구간 포함). 빈 구간이 있는 파일(sparse 파일)은 디스크에서 더 적은 공간을 차지합니다";
    ELSEWHERE: "Docker mounts {device} ({kind}) here when a container starts. Its data lies there, not on this disk.", "컨테이너가 시작될 때 Docker가 {device}({kind})을(를) 여기에 마운트합니다. 데이터는 이 디스크가 아니라 그곳에 있습니다.";

    NETWORKS_TITLE: "Networks", "네트워크";
    SCOPE: "Scope", "범위";
}
