//! What fills the disk.

super::texts! {
    TITLE: "Space", "공간";
    WAIT: "Every file of the disk is being counted. This takes a while on a large disk.", "디스크의 모든 파일을 세는 중입니다. 큰 디스크에서는 시간이 걸립니다.";
    USED: "{used} in use of {size}", "{size} 중 {used} 사용";
    MAP: "Space map: choose an area to go into it", "공간 지도: 영역을 선택하면 그 안으로 들어갑니다";
    NAME: "What", "항목";
    SIZE: "Space", "공간";
    SHARE: "Share", "비율";
    FILES: "Files", "파일 수";
    NOTHING: "Nothing takes space here.", "공간을 차지하는 것이 없습니다.";
    SMALL: "{n} smaller ones", "작은 항목 {n}개";
    LOOK: "Browse", "보기";

    FILESYSTEM: "Filesystem", "파일 시스템";
    STORE: "Docker data", "Docker 데이터";
    IMAGES: "Images", "이미지";
    IMAGE: "Image", "이미지";
    SHARED_LAYERS: "Layers of several images", "여러 이미지가 공유하는 레이어";
    LAYER: "Layer", "레이어";
    CONTAINERS: "Containers", "컨테이너";
    CONTAINER: "Container", "컨테이너";
    LOGS: "Logs", "로그";
    LOG: "Log", "로그";
    VOLUMES: "Volumes", "볼륨";
    VOLUME: "Volume", "볼륨";
    BUILD_CACHE: "Build cache", "빌드 캐시";
    CONTENT: "Blobs as they were pulled", "내려받은 블롭";
    SNAPSHOTS: "Snapshots without image", "이미지 없는 스냅샷";
    SNAPSHOT: "Snapshot", "스냅샷";
    ORPHAN_LAYERS: "Layers nobody names", "기록이 없는 레이어";
    ORPHAN_LAYER: "Layer nobody names", "기록이 없는 레이어";
    RECORDS: "Docker's records", "Docker 기록";
    OTHER_FILES: "Other files", "그 밖의 파일";
    DIRECTORY: "Directory", "디렉터리";
    NAMELESS: "Files without name", "이름 없는 파일";
    OVERHEAD: "The filesystem itself", "파일 시스템 자체";
    SUPERBLOCKS: "Superblocks and descriptors", "슈퍼블록과 디스크립터";
    BITMAPS: "Bitmaps", "비트맵";
    INODE_TABLES: "Inode tables", "아이노드 테이블";
    JOURNAL: "Journal", "저널";
    RESERVED: "Reserved inodes", "예약된 아이노드";

    PRUNE: "What cleaning up would free", "정리하면 확보되는 공간";
    PRUNE_NOTE: "As Docker would do it, by the states recorded on this disk. Nothing is deleted here.", "이 디스크에 기록된 상태를 기준으로 Docker가 정리할 때의 값입니다. 여기서는 아무것도 삭제하지 않습니다.";
    COMMAND: "Command", "명령";
    OF_CONTAINERS: "Containers", "컨테이너";
    OF_IMAGES: "Images", "이미지";
    OF_CACHE: "Build cache", "빌드 캐시";
    OF_VOLUMES: "Volumes", "볼륨";
    TOTAL: "In all", "합계";
    COMPACTION: "Compacting the disk file could give back {bytes}: {free} of its {stored} blocks of {block} hold nothing but free space.", "디스크 파일을 압축하면 {bytes}를 되찾을 수 있습니다. {block} 블록 {stored}개 중 {free}개에는 빈 공간만 있습니다.";
    BY_IMAGE: "By image", "이미지별";
    OWN: "Its own", "고유";
    SHARED: "Shared", "공유";
}
