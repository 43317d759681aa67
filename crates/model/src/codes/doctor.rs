//! What speaks for a cause and is no defect: the doctor adds these to a disk's findings.

super::codes! {
    /// Little room is left.
    FILESYSTEM_FULL = "filesystem-full", Note,
        en: "Of the {size} of this filesystem, {free} are free.",
        do_en: "Docker needs room to start. Take out what you need, then make room or raise the disk's size.",
        ko: "이 파일 시스템의 크기 {size} 중 남은 공간은 {free}입니다.",
        do_ko: "Docker가 시작하려면 공간이 필요합니다. 필요한 데이터를 꺼낸 뒤 공간을 만들거나 디스크 크기를 늘리십시오.";
    /// The journal was not empty.
    JOURNAL_REPLAYED = "ext4-journal-replayed", Note,
        en: "The filesystem was not unmounted. Its journal held {transactions} finished transactions, which were replayed in memory; the file was not changed.",
        do_en: "Nothing is lost by this. Linux does the same, on the disk itself, when it mounts the filesystem for writing.",
        ko: "파일 시스템이 마운트 해제되지 않았습니다. 저널에 완료된 트랜잭션 {transactions}개가 있어 메모리에서 반영했으며 파일은 바꾸지 않았습니다.",
        do_ko: "이로 인한 손실은 없습니다. Linux는 파일 시스템을 쓰기로 마운트할 때 같은 작업을 디스크에 직접 수행합니다.";
    /// Two disks that Windows cannot tell apart.
    DISK_ID_SHARED = "disk-id-shared", Note,
        en: "This disk has the id {id}, which many disks of Docker Desktop and WSL share. With several of them, one may have been attached in place of another.",
        do_en: "If data seems to be missing in Docker, look for another disk file that holds it. Do not delete or reset either.",
        ko: "이 디스크의 ID {id}은(는) Docker Desktop과 WSL의 많은 디스크가 함께 쓰는 ID입니다. 이런 디스크가 여러 개이면 서로 바뀌어 연결되었을 수 있습니다.",
        do_ko: "Docker에서 데이터가 보이지 않으면 데이터가 든 다른 디스크 파일을 찾아보십시오. 어느 것도 지우거나 초기화하지 마십시오.";
    /// Nobody stopped them.
    CONTAINERS_RUNNING = "containers-recorded-as-running", Note,
        en: "{count} containers are recorded as running: Docker did not get to stop them before the disk was left.",
        do_en: "Databases in their volumes may have to replay their own logs when they start again. Copy a volume as a whole.",
        ko: "컨테이너 {count}개가 실행 중으로 기록되어 있습니다. Docker가 이들을 종료하지 못한 채 디스크가 남겨졌습니다.",
        do_ko: "볼륨에 있는 데이터베이스는 다시 시작할 때 자체 로그를 반영해야 할 수 있습니다. 볼륨은 통째로 복사하십시오.";
    /// The classic store and containerd's.
    TWO_IMAGE_STORES = "two-image-stores", Note,
        en: "Docker's classic image store ({classic}) and a containerd image store ({containerd}) are both on this disk. Docker shows the images and containers of only one of them at a time.",
        do_en: "What the other store holds is not lost. It can be looked into here, or shown by Docker after the setting is changed back.",
        ko: "이 디스크에는 Docker의 기존 이미지 저장소({classic})와 containerd 이미지 저장소({containerd})가 모두 있습니다. Docker는 한 번에 그중 한 곳의 이미지와 컨테이너만 보여 줍니다.",
        do_ko: "다른 저장소의 내용은 없어지지 않았습니다. 여기서 살펴볼 수 있으며 설정을 되돌리면 Docker에서도 보입니다.";
    /// A data root, and nothing of the person's in it.
    STORE_EMPTY = "store-empty", Note,
        en: "The data root {path} holds no image, no container and no volume.",
        do_en: "If there should be some, look for a second disk file: Docker Desktop makes a new, empty one when it cannot find the old one.",
        ko: "데이터 루트 {path}에 이미지, 컨테이너, 볼륨이 없습니다.",
        do_ko: "있어야 한다면 다른 디스크 파일을 찾아보십시오. Docker Desktop은 기존 파일을 찾지 못하면 빈 파일을 새로 만듭니다.";
    /// A filesystem as it was made.
    FILESYSTEM_EMPTY = "filesystem-empty", Note,
        en: "This filesystem is as good as empty: only {inodes} of its inodes are in use.",
        do_en: "If Docker's data should be here, look for a second disk file: Docker Desktop makes a new, empty one when it cannot find the old one.",
        ko: "이 파일 시스템은 거의 비어 있습니다. 사용 중인 inode가 {inodes}개뿐입니다.",
        do_ko: "Docker 데이터가 있어야 한다면 다른 디스크 파일을 찾아보십시오. Docker Desktop은 기존 파일을 찾지 못하면 빈 파일을 새로 만듭니다.";
}
