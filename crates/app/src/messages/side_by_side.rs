//! Several disks side by side.

super::texts! {
    TITLE: "Which of these {n} disks is yours?", "디스크 {n}개 중 찾는 디스크는 어느 것입니까?";
    LEAD: "Docker Desktop silently makes a new, empty disk when it cannot find the old one. The one used last need not be the one that holds your data: compare what is in them.", "Docker Desktop은 기존 디스크를 찾지 못하면 알리지 않고 빈 디스크를 새로 만듭니다. 마지막에 사용한 디스크에 데이터가 있다고 단정할 수 없으므로 내용을 비교하십시오.";
    OPEN: "Open this one", "이 디스크 열기";
    LAST_USED: "Last used", "마지막 사용";
    NEWEST: "used last of all", "가장 최근에 사용";
    SIGN_MOUNTED: "its filesystem was mounted", "파일 시스템 마운트";
    SIGN_WRITTEN: "its filesystem was written", "파일 시스템 쓰기";
    SIGN_CREATED: "a container was created", "컨테이너 생성";
    SIGN_STARTED: "a container started", "컨테이너 시작";
    SIGN_FINISHED: "a container ended", "컨테이너 종료";
    IN_USE: "In use", "사용 중";
    FILE_SIZE: "File size", "파일 크기";
    LOSSES: "Losses", "손실";
    DAMAGES: "Damage", "손상";
    FORMAT: "Format", "형식";
    ENGINE_ID: "Engine id", "엔진 ID";
    DISK_ID: "Disk id", "디스크 ID";
    FILESYSTEM_ID: "Filesystem id", "파일 시스템 ID";
    AND_UNREAD: "{n}, and some that are not read", "{n}, 읽지 못한 이미지가 더 있음";
    APART: "What is not on all of them", "일부 디스크에만 있는 항목";
    COMMON: "On all of them: {n}", "모든 디스크에 있는 항목: {n}개";
    NOTHING_APART: "All of them hold the same images, containers and volumes, by id and by name.", "이미지, 컨테이너, 볼륨이 ID와 이름 기준으로 모두 같습니다.";
    MORE: "and {n} more", "외 {n}개";
    IMAGE: "image", "이미지";
    CONTAINER: "container", "컨테이너";
    VOLUME: "volume", "볼륨";
}
