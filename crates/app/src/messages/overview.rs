//! The answer in words.

super::texts! {
    HERE: "Your data is here: {list}.", "데이터가 있습니다: {list}.";
    EMPTY_STORE: "Docker's store is here, but it is empty.", "Docker 저장소는 있지만 비어 있습니다.";
    NO_STORE: "No Docker data was found on this disk.", "이 디스크에서 Docker 데이터를 찾지 못했습니다.";
    NO_STORE_NEXT: "Its files can still be browsed. If Docker's data should be here, look for a second disk file: Docker Desktop silently makes a new, empty one when it cannot find the old one.", "디스크의 파일은 그대로 살펴볼 수 있습니다. Docker 데이터가 있어야 한다면 다른 디스크 파일을 찾아보십시오. Docker Desktop은 기존 파일을 찾지 못하면 알리지 않고 빈 파일을 새로 만듭니다.";
    NO_FILESYSTEM: "No filesystem that Careen reads was found on this disk.", "이 디스크에서 Careen이 읽을 수 있는 파일 시스템을 찾지 못했습니다.";
    NO_FILESYSTEM_FOUND: "What lies on it instead: {list}.", "대신 다음이 있습니다: {list}.";
    NO_FILESYSTEM_NEXT: "Check that this is the right file. Docker Desktop keeps its data in docker_data.vhdx or ext4.vhdx on Windows, in Docker.raw or Docker.qcow2 on a Mac.", "올바른 파일인지 확인하십시오. Docker Desktop은 데이터를 Windows에서는 docker_data.vhdx나 ext4.vhdx에, Mac에서는 Docker.raw나 Docker.qcow2에 보관합니다.";
    VOLUME: "1 volume", "볼륨 1개";
    VOLUMES: "{n} volumes", "볼륨 {n}개";
    IMAGE: "1 image", "이미지 1개";
    IMAGES: "{n} images", "이미지 {n}개";
    CONTAINER: "1 container", "컨테이너 1개";
    CONTAINERS: "{n} containers", "컨테이너 {n}개";

    CAUSE: "{title}. Next step: {next}", "{title}. 다음 단계: {next}";
    LOSSES: "{n} things could not be read.", "읽지 못한 항목이 {n}건 있습니다.";
    ONE_LOSS: "One thing could not be read.", "읽지 못한 항목이 1건 있습니다.";
    DAMAGES: "{n} structures are damaged, but what they describe could still be read.", "구조 {n}개가 손상되었지만 그 내용은 읽을 수 있었습니다.";
    ONE_DAMAGE: "One structure is damaged, but what it describes could still be read.", "구조 1개가 손상되었지만 그 내용은 읽을 수 있었습니다.";
    NOTHING_WRONG: "Nothing wrong was found in what was read; not every file was looked at.", "읽은 범위에서는 문제를 발견하지 못했습니다. 모든 파일을 확인한 것은 아닙니다.";
    NOTHING_WRONG_CHECKED: "Nothing wrong was found, and every file was looked at.", "모든 파일을 확인했으며 발견된 문제가 없습니다.";
    NOTHING_WRONG_YET: "Nothing wrong was found so far.", "지금까지 발견된 문제가 없습니다.";
    ONLY_NOTES: "Nothing wrong was found in what was read; there are {n} remarks.", "읽은 범위에서는 문제를 발견하지 못했으며 참고 사항이 {n}건 있습니다.";
    ONLY_NOTE: "Nothing wrong was found in what was read; there is one remark.", "읽은 범위에서는 문제를 발견하지 못했으며 참고 사항이 1건 있습니다.";
    STILL_SAFE: "Everything listed below was read and can be taken out.", "아래에 표시된 것은 모두 읽었으며 꺼낼 수 있습니다.";
    REPLAYED: "The filesystem was not shut down cleanly. Its journal was replayed in memory ({n} transactions); the file itself was not touched.", "파일 시스템이 정상적으로 종료되지 않았습니다. 저널의 트랜잭션 {n}개를 메모리에서 재생했으며 파일 자체는 건드리지 않았습니다.";
    REPLAYED_ONE: "The filesystem was not shut down cleanly. Its journal was replayed in memory (1 transaction); the file itself was not touched.", "파일 시스템이 정상적으로 종료되지 않았습니다. 저널의 트랜잭션 1개를 메모리에서 재생했으며 파일 자체는 건드리지 않았습니다.";
    RUNNING: "{n} containers are recorded as running: Docker did not get to stop them before the disk was left.", "컨테이너 {n}개가 실행 중으로 기록되어 있습니다. Docker가 이들을 종료하지 못한 채 디스크가 남겨졌습니다.";
    RUNNING_ONE: "One container is recorded as running: Docker did not get to stop it before the disk was left.", "컨테이너 1개가 실행 중으로 기록되어 있습니다. Docker가 이를 종료하지 못한 채 디스크가 남겨졌습니다.";

    JOURNAL: "The last changes lie in the journal, which is on another disk. Pick that disk's file too, and both are read together.", "마지막 변경 내용은 다른 디스크에 있는 저널에 들어 있습니다. 그 디스크의 파일도 선택하면 두 파일을 함께 읽습니다.";
    JOURNAL_PICK: "Pick the journal's disk", "저널 디스크 선택";

    NEXT: "What to do now", "다음에 할 일";
    NEXT_VOLUMES: "Look at the volumes first: databases and uploads live there, and no registry has them.", "먼저 볼륨을 확인하십시오. 데이터베이스와 업로드한 파일이 들어 있으며 레지스트리에는 없는 데이터입니다.";
    NEXT_CHANGES: "Then the changes inside containers: whatever was written outside a volume.", "다음으로 컨테이너 안의 변경 내용을 확인하십시오. 볼륨 밖에 기록된 모든 것입니다.";
    NEXT_TAKE_OUT: "Take out what exists nowhere else: a click chooses all of it.", "다른 곳에 없는 것을 꺼내십시오. 클릭 한 번으로 모두 선택됩니다.";
    NEXT_PACKAGES: "Compare the packages of your images, and take the lists as CSV.", "이미지별 패키지를 비교하고 목록을 CSV로 내려받으십시오.";
    NEXT_KEEP: "Keep this disk file until you have what you need. Do not reset Docker to its factory defaults.", "필요한 것을 모두 꺼낼 때까지 이 디스크 파일을 보관하십시오. Docker를 초기화하지 마십시오.";

    FINDINGS: "Findings", "점검 결과";
    DISK: "Disk file", "디스크 파일";
    FORMAT: "Format", "형식";
    FILE_SIZE: "File size", "파일 크기";
    VIRTUAL_SIZE: "Virtual size", "가상 크기";
    MADE_UPON: "Built on", "원본 디스크";
    DISK_ID: "Disk id", "디스크 ID";
    READ_SO_FAR: "Read from it", "읽은 양";
    IN_REQUESTS: "{size} in {n} requests", "{n}회 요청으로 {size}";
    SNAPSHOTS: "States kept in the file", "파일에 보관된 상태";
    SNAPSHOT_NOW: "Active state", "현재 상태";
    SNAPSHOT_OPEN: "Open", "열기";
    SNAPSHOT_SHOWN: "shown", "표시 중";
    SNAPSHOTS_LINE: "The file also keeps earlier states of this disk: {names}. What is missing or damaged here may be whole there; open one under Disk file.", "이 파일에는 디스크의 이전 상태도 보관되어 있습니다: {names}. 여기에 없거나 손상된 데이터가 그 안에는 온전할 수 있습니다. 디스크 파일 항목에서 여십시오.";
    SNAPSHOT_LINE: "This is the disk as it was kept in the snapshot {name}, and not its active state.", "현재 상태가 아니라 스냅샷 {name}에 보관된 디스크입니다.";
    PARTITIONS: "On the disk", "디스크 구성";
    WHOLE_DISK: "Whole disk", "디스크 전체";
    PARTITION: "Partition {n}", "파티션 {n}";
    USED_OF: "{used} of {size} used", "{size} 중 {used} 사용";
    NOT_RECOGNIZED: "not recognized", "알 수 없는 형식";
    PLUGINS: "Plugins", "플러그인";
    SWARM: "Swarm", "스웜";
    SWARM_MANAGER: "manager node", "매니저 노드";
    SWARM_WORKER: "worker node", "워커 노드";
    STORES: "Docker's data", "Docker 데이터";
    STORE_CLASSIC: "Docker, classic image store", "Docker 기본 이미지 저장소";
    STORE_DOCKER_CONTAINERD: "Docker, containerd image store", "Docker containerd 이미지 저장소";
    STORE_CONTAINERD: "containerd", "containerd";
    STATE_CLEAN: "clean", "정상";
    STATE_RECOVERY: "journal replayed", "저널 재생됨";
    STATE_ERRORS: "errors recorded", "오류 기록 있음";
    STATE_DAMAGED: "damaged", "손상됨";
    PACKAGES: "Packages", "패키지";
    PACKAGES_PROGRESS: "{done} of {total} images", "이미지 {total}개 중 {done}개";
    VOLUME_BYTES: "{size} in volumes", "볼륨 합계 {size}";
}
