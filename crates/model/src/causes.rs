//! The table of causes: why a Docker does not start, as far as a disk can tell, with the error texts that people see.
//!
//! Names are stable, as those of the finding codes are. An error text stands here only with the public source it was
//! read in; `…` stands for what differs from one machine to the next.

use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::Language;

/// One row of the table.
#[derive(Debug, PartialEq, Eq)]
pub struct Cause {
    /// Stable name, such as `unclean-stop`.
    pub name: &'static str,
    /// What happened, in one clause without full stop.
    pub title: &'static str,
    /// The same in Korean.
    pub title_ko: &'static str,
    /// What it means for the data, and why Docker does not start.
    pub explanation: &'static str,
    /// The same in Korean.
    pub explanation_ko: &'static str,
    /// The one safe thing to do next.
    pub next: &'static str,
    /// The same in Korean.
    pub next_ko: &'static str,
    /// What Docker, WSL, Windows or Linux is known to print for it.
    pub errors: &'static [ErrorText],
}

/// A text some program prints, and where that can be read.
#[derive(Debug, PartialEq, Eq)]
pub struct ErrorText {
    /// The program.
    pub said_by: &'static str,
    /// Its words.
    pub text: &'static str,
    /// Address of the public source.
    pub source: &'static str,
}

impl Cause {
    /// What happened, in one clause without full stop.
    pub fn title(&self, language: Language) -> &'static str {
        pick(language, self.title, self.title_ko)
    }

    /// What it means for the data, and why Docker does not start.
    pub fn explanation(&self, language: Language) -> &'static str {
        pick(language, self.explanation, self.explanation_ko)
    }

    /// The one safe thing to do next.
    pub fn next(&self, language: Language) -> &'static str {
        pick(language, self.next, self.next_ko)
    }
}

fn pick(language: Language, english: &'static str, korean: &'static str) -> &'static str {
    match language {
        Language::English => english,
        Language::Korean => korean,
    }
}

/// A row of the table as it travels between programs, one of which may be built without the table.
#[derive(Serialize, Deserialize)]
pub(crate) struct Row<'row> {
    name: &'row str,
    #[serde(borrow)]
    texts: [&'row str; 6],
    errors: Vec<[&'row str; 3]>,
}

impl Row<'_> {
    pub(crate) fn of(cause: &Cause) -> Row<'_> {
        let Cause { name, title, title_ko, explanation, explanation_ko, next, next_ko, errors } = *cause;
        let errors = errors.iter().map(|error| [error.said_by, error.text, error.source]).collect();
        Row { name, texts: [title, title_ko, explanation, explanation_ko, next, next_ko], errors }
    }

    /// The row for good. There are as many as the table has, and each is kept once.
    pub(crate) fn learned(&self) -> &'static Cause {
        static LEARNED: Mutex<Vec<&'static Cause>> = Mutex::new(Vec::new());
        let mut learned = LEARNED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = learned.iter().find(|cause| cause.name == self.name) {
            return known;
        }
        let keep = |text: &str| -> &'static str { Box::leak(text.into()) };
        let [title, title_ko, explanation, explanation_ko, next, next_ko] = self.texts.map(keep);
        let errors: Vec<ErrorText> = self
            .errors
            .iter()
            .map(|error| error.map(keep))
            .map(|[said_by, text, source]| ErrorText { said_by, text, source })
            .collect();
        let (name, errors) = (keep(self.name), Vec::leak(errors));
        let row = Cause { name, title, title_ko, explanation, explanation_ko, next, next_ko, errors };
        let row: &'static Cause = Box::leak(Box::new(row));
        learned.push(row);
        row
    }
}

/// Declares the rows as constants and lists them in their order.
macro_rules! causes {
    ($($(#[$doc:meta])* $constant:ident = $name:literal,
        en: $title:literal, why_en: $explanation:literal, next_en: $next:literal,
        ko: $title_ko:literal, why_ko: $explanation_ko:literal, next_ko: $next_ko:literal,
        errors: [$(($said_by:literal, $text:literal, $source:literal)),*];)*) => {
        $($(#[$doc])* pub static $constant: Cause = Cause {
            name: $name, title: $title, title_ko: $title_ko, explanation: $explanation, explanation_ko: $explanation_ko,
            next: $next, next_ko: $next_ko,
            errors: &[$(ErrorText { said_by: $said_by, text: $text, source: $source }),*],
        };)*
        /// Every row, the one that explains most first: what lies deeper in the disk explains what lies above it.
        pub static ALL: &[&Cause] = &[$(&$constant),*];
    };
}

causes! {
    /// What would hold the data is encrypted.
    ENCRYPTED = "encrypted",
        en: "Encrypted disk: what lies on it cannot be read without its key",
        why_en: "The encryption is not damage. Docker Desktop does not encrypt its disk; somebody else set this up, or this is not Docker's disk.",
        next_en: "Open it on the system that holds the key and copy the data there; keep the disk file as it is, and do not reset Docker to factory defaults.",
        ko: "암호화된 디스크: 키 없이는 내용을 읽을 수 없습니다",
        why_ko: "암호화는 손상이 아닙니다. Docker Desktop은 디스크를 암호화하지 않으므로 다른 누군가가 설정했거나 Docker의 디스크가 아닙니다.",
        next_ko: "키가 있는 시스템에서 열어 데이터를 복사하십시오. 디스크 파일은 그대로 두고 Docker를 초기화하지 마십시오.",
        errors: [];
    /// Windows Disk Management wrote a partition table over the start of a disk that had none.
    INITIALIZED = "initialized-by-windows",
        en: "Disk initialized by Windows: a new, empty partition table was written over the start of a disk in use",
        why_en: "Docker's disk has no partition table, so Windows takes it for a new one and offers to initialize it. Only the first blocks were overwritten; nearly all data is still behind them, but Linux no longer finds the filesystem.",
        next_en: "Do not create or format a partition on it; copy the disk file, then take out what is shown here.",
        ko: "Windows가 초기화한 디스크: 사용하던 디스크의 앞부분에 비어 있는 새 파티션 테이블이 기록되었습니다",
        why_ko: "Docker의 디스크에는 파티션 테이블이 없어 Windows가 새 디스크로 보고 초기화를 권합니다. 덮어쓴 것은 앞부분의 블록뿐이고 데이터는 거의 모두 그 뒤에 남아 있지만 Linux가 파일 시스템을 찾지 못합니다.",
        next_ko: "파티션을 만들거나 포맷하지 마십시오. 디스크 파일을 복사한 뒤 여기에 표시된 데이터를 꺼내십시오.",
        errors: [("libguestfs", "libguestfs: error: mount_vfs: mount exited with status 32", "https://github.com/microsoft/WSL/issues/6377")];
    /// The file ends before its content does.
    CUT = "cut",
        en: "Disk file cut short: a compaction or a copy of it did not run to its end",
        why_en: "Blocks that belong to the disk lie beyond the end of the file. What lay in them is not in this file any more; everything before the cut is. This comes from compacting the file, from a copy that was interrupted, or from a drive that was full.",
        next_en: "Look for a longer copy of this file (a backup, the drive it came from) before anything else; then take out what can still be read here, the volumes first.",
        ko: "잘린 디스크 파일: 압축(compact)이나 복사가 끝까지 진행되지 않았습니다",
        why_ko: "디스크에 속한 블록이 파일의 끝보다 뒤에 있습니다. 그 내용은 이 파일에 없지만 잘린 곳보다 앞의 내용은 모두 남아 있습니다. 파일을 압축하거나, 복사가 중단되거나, 드라이브가 가득 찼을 때 생깁니다.",
        next_ko: "먼저 더 긴 복사본(백업, 복사해 온 원래 드라이브)을 찾아보십시오. 그다음 아직 읽을 수 있는 것을 볼륨부터 꺼내십시오.",
        errors: [
            ("WSL", "Error Code: Wsl/Service/CreateInstance/MountVhd/HCS/0x80070570", "https://github.com/microsoft/WSL/issues/12600"),
            ("Docker Desktop", "Found a reference to cluster … outside the file", "https://github.com/docker/for-mac/issues/1315"),
            ("Linux", "EXT4-fs (…): bad geometry: block count … exceeds size of device (… blocks)", "https://git.kernel.org/pub/scm/linux/kernel/git/torvalds/linux.git/tree/fs/ext4/super.c")
        ];
    /// Headers, tables or metadata of the disk file itself.
    DISK_FILE_DAMAGED = "disk-file-damaged",
        en: "Disk file damaged: its own headers or tables are broken",
        why_en: "The structures that say where the blocks of the disk lie in the file are partly wrong. Windows and WSL refuse such a file as a whole, even when nearly all of it can be read.",
        next_en: "Copy the file first, and do not let Docker Desktop reset it to factory defaults; then take the volumes out with Careen.",
        ko: "손상된 디스크 파일: 파일 자체의 헤더나 테이블이 깨졌습니다",
        why_ko: "디스크의 블록이 파일의 어디에 있는지 알려 주는 구조의 일부가 잘못되었습니다. 거의 모두 읽을 수 있어도 Windows와 WSL은 이런 파일을 통째로 거부합니다.",
        next_ko: "먼저 파일을 복사하고 Docker Desktop을 초기화하지 마십시오. 그다음 Careen으로 볼륨을 꺼내십시오.",
        errors: [
            ("WSL", "Failed to attach disk '…\\ext4.vhdx' to WSL2: The file or directory is corrupted and unreadable. Error code: Wsl/Service/CreateInstance/MountVhd/HCS/0x80070570", "https://github.com/microsoft/WSL/issues/12067"),
            ("Docker Desktop", "Docker.qcow2 has unexpected errors: either repair offline or reset to factory defaults", "https://github.com/docker/for-mac/issues/1315"),
            ("Docker Desktop", "Docker.qcow2 is corrupt: reset to factory defaults is required", "https://github.com/docker/for-mac/issues/301")
        ];
    /// A differencing disk whose parent is not the one it was made upon.
    PARENT_CHANGED = "parent-changed",
        en: "Wrong parent disk: the file this one was made upon has changed or is another one",
        why_en: "A differencing disk holds only what changed since it was made; the rest comes from its parent, byte for byte. With another parent, files mix two states.",
        next_en: "Look for the parent as it was when this disk was made, and open both together; trust what is shown here only where checksums agree.",
        ko: "잘못된 부모 디스크: 이 파일의 바탕이 된 파일이 바뀌었거나 다른 파일입니다",
        why_ko: "차이점 보관용 디스크에는 만들어진 뒤에 바뀐 내용만 있고 나머지는 부모 디스크에서 그대로 옵니다. 부모가 다르면 파일에 두 시점의 내용이 섞입니다.",
        next_ko: "이 디스크를 만들 당시의 부모 파일을 찾아 함께 여십시오. 여기에 표시된 내용은 체크섬이 맞는 것만 믿으십시오.",
        errors: [];
    /// The partition table.
    PARTITIONS_DAMAGED = "partition-table-damaged",
        en: "Partition table damaged: it is not certain where the filesystems begin",
        why_en: "The table at the start of the disk is broken. Where a copy at the end of the disk is good, nothing is lost.",
        next_en: "Copy the disk file first and do not let any tool write a new table; then take out what is shown here.",
        ko: "손상된 파티션 테이블: 파일 시스템의 시작 위치가 확실하지 않습니다",
        why_ko: "디스크 앞부분의 테이블이 깨졌습니다. 디스크 끝의 복사본이 온전하면 손실은 없습니다.",
        next_ko: "먼저 디스크 파일을 복사하고 어떤 도구도 새 테이블을 쓰지 못하게 하십시오. 그다음 여기에 표시된 데이터를 꺼내십시오.",
        errors: [];
    /// ext4 itself: superblock, descriptors, inode tables, directories, journal, checksums.
    FILESYSTEM_DAMAGED = "filesystem-damaged",
        en: "Filesystem damaged: structures of ext4 on this disk are broken",
        why_en: "Linux mounts such a filesystem read-only or not at all, and Docker cannot work on it. Careen reads around the damage; what it could not reach has a finding of its own.",
        next_en: "Copy the disk file before any repair, since e2fsck throws away what it cannot place; then take the volumes out with Careen.",
        ko: "손상된 파일 시스템: 이 디스크의 ext4 구조가 깨졌습니다",
        why_ko: "Linux는 이런 파일 시스템을 읽기 전용으로 마운트하거나 마운트하지 않으며 Docker는 그 위에서 동작하지 못합니다. Careen은 손상된 곳을 피해 읽으며 읽지 못한 것은 각각 항목으로 표시합니다.",
        next_ko: "e2fsck는 자리를 찾지 못한 것을 버리므로 복구하기 전에 디스크 파일을 복사하십시오. 그다음 Careen으로 볼륨을 꺼내십시오.",
        errors: [
            ("WSL", "The distribution failed to start because its virtual disk is corrupted. Error code: Wsl/Service/CreateInstance/WSL_E_DISK_CORRUPTED", "https://github.com/microsoft/WSL/issues/11400"),
            ("Docker Desktop", "If the WSL 2 Linux filesystem is corrupt then Docker Desktop cannot start.", "https://github.com/docker/for-win/issues/13462"),
            ("Docker Desktop", "open /mnt/host/wsl/docker-desktop-data/isocache/entries/docker-wsl-cli.iso/…: read-only file system", "https://github.com/docker/for-win/issues/14332"),
            ("Linux", "EXT4-fs error (device …): ext4_find_entry:1466: inode #…: comm …: checksumming directory block 0", "https://github.com/microsoft/WSL/issues/6220"),
            ("Linux", "JBD2: Invalid checksum recovering data block … in log", "https://github.com/microsoft/WSL/issues/10546")
        ];
    /// Small files of the engine that a crash left empty or short.
    METADATA_EMPTIED = "metadata-emptied",
        en: "Docker's records emptied: a crash left small files of the engine empty or cut short",
        why_en: "When a machine stops in mid-write or its disk is full, files written last may keep their name and lose their content. Docker stops at the first such file, although images, containers and volumes are still there.",
        next_en: "Your data is here: take the volumes out first, and do not delete the data root or reset Docker to factory defaults.",
        ko: "비워진 Docker 기록: 비정상 종료로 엔진의 작은 파일이 비거나 잘렸습니다",
        why_ko: "쓰는 도중에 시스템이 멈추거나 디스크가 가득 차면 마지막에 기록하던 파일이 이름만 남고 내용을 잃을 수 있습니다. 이미지, 컨테이너, 볼륨은 그대로 있어도 Docker는 이런 파일을 만나면 멈춥니다.",
        next_ko: "데이터는 여기에 있습니다. 먼저 볼륨을 꺼내고, 데이터 루트를 지우거나 Docker를 초기화하지 마십시오.",
        errors: [
            ("Docker", "unexpected end of JSON input", "https://github.com/moby/moby/issues/10553"),
            ("Docker", "Error response from daemon: readlink /var/lib/docker/overlay2/l: invalid argument", "https://github.com/moby/moby/issues/35747"),
            ("Docker", "Couldn't create reference store repository: …", "https://github.com/moby/moby/blob/v20.10.24/daemon/daemon.go")
        ];
    /// A bbolt database of Docker or containerd.
    BOLT_DAMAGED = "database-damaged",
        en: "Database damaged: a bolt database of Docker or containerd is broken",
        why_en: "Docker keeps volumes and networks, containerd its images, in small databases of the bolt kind. Both stop with a panic when a page of one is wrong. The files in volumes and layers do not depend on them.",
        next_en: "Your data is here: take the volumes out first; keep a copy of the database that the findings name before you move it away.",
        ko: "손상된 데이터베이스: Docker나 containerd의 bolt 데이터베이스가 깨졌습니다",
        why_ko: "Docker는 볼륨과 네트워크를, containerd는 이미지를 bolt 형식의 작은 데이터베이스에 보관합니다. 그 페이지 하나가 잘못되면 패닉으로 중단됩니다. 볼륨과 레이어의 파일은 이 데이터베이스와 무관합니다.",
        next_ko: "데이터는 여기에 있습니다. 먼저 볼륨을 꺼내고, 항목에 나온 데이터베이스는 옮기기 전에 복사본을 남기십시오.",
        errors: [
            ("Docker", "panic: invalid freelist page: 48, page type is leaf", "https://github.com/moby/moby/issues/42099"),
            ("containerd", "panic: invalid page type: 4: 10", "https://github.com/containerd/containerd/issues/3347"),
            ("containerd", "panic: assertion failed: Page expected to be: 3393, but self identifies as 6868074383292906018", "https://github.com/containerd/containerd/issues/9929"),
            ("Docker", "http: panic serving @: page 9 already freed", "https://github.com/moby/moby/issues/25535"),
            ("containerd", "panic: freepages: failed to get all reachable pages", "https://github.com/etcd-io/bbolt/issues/883"),
            ("Docker", "failed to start containerd: timeout waiting for containerd to start", "https://github.com/moby/moby/issues/43281"),
            ("Docker", "error while opening volume store metadata database (…/volumes/metadata.db): …", "https://github.com/moby/moby/blob/master/volume/service/store.go")
        ];
    /// Records of the engine that say something wrong.
    METADATA_DAMAGED = "metadata-damaged",
        en: "Docker's records damaged: files in which the engine keeps images, layers or containers are wrong or missing",
        why_en: "Docker drops what it cannot verify: images disappear from its list and containers are not loaded, although their files are still on the disk.",
        next_en: "Your data is here: take the volumes and the changed containers out first, and do not prune or reset Docker to factory defaults.",
        ko: "손상된 Docker 기록: 엔진이 이미지, 레이어, 컨테이너를 기록한 파일이 잘못되었거나 없습니다",
        why_ko: "Docker는 확인할 수 없는 것을 버립니다. 파일이 디스크에 남아 있어도 이미지가 목록에서 사라지고 컨테이너를 불러오지 않습니다.",
        next_ko: "데이터는 여기에 있습니다. 먼저 볼륨과 변경된 컨테이너를 꺼내고, prune이나 초기화를 하지 마십시오.",
        errors: [
            ("Docker", "Failed to load container …: json: cannot unmarshal number into Go value of type container.Container", "https://github.com/moby/moby/issues/42099"),
            ("Docker", "not restoring image chainID=\"sha256:…\" err=\"layer does not exist\"", "https://github.com/moby/moby/issues/44909")
        ];
    /// No room left in the filesystem.
    FULL_DISK = "full-disk",
        en: "Full disk: the filesystem has next to no free space",
        why_en: "Docker writes to its databases when it starts, and fails when it cannot. Whether the drive that holds the disk file was full too cannot be seen from here.",
        next_en: "Take the volumes out, then make room: free space on the drive that holds the disk file, or raise the disk's size; do not reset Docker to factory defaults.",
        ko: "가득 찬 디스크: 파일 시스템에 남은 공간이 거의 없습니다",
        why_ko: "Docker는 시작할 때 데이터베이스에 기록하며 기록하지 못하면 시작하지 않습니다. 디스크 파일이 놓인 드라이브도 가득 찼는지는 여기서 알 수 없습니다.",
        next_ko: "볼륨을 꺼낸 다음 공간을 만드십시오. 디스크 파일이 있는 드라이브를 비우거나 디스크 크기를 늘리고, Docker를 초기화하지 마십시오.",
        errors: [
            ("containerd", "failed to load plugin io.containerd.service.v1.images-service error=\"write /var/lib/containerd/io.containerd.metadata.v1.bolt/meta.db: no space left on device\"", "https://github.com/linuxkit/linuxkit/issues/3499"),
            ("Docker Desktop", "wsl integration with distro … unexpectedly stopped with exit code 1", "https://github.com/docker/roadmap/issues/490")
        ];
    /// Power cut, crash or killed virtual machine: logs hold writes on their way.
    UNCLEAN_STOP = "unclean-stop",
        en: "Unclean stop: Docker or its machine was stopped in the middle of writing",
        why_en: "What the log of the disk file or the journal of the filesystem still held on its way to its place was replayed in memory, which is what they are for. Nothing is lost but what was being written in the last seconds.",
        next_en: "Copy the disk file before anything opens it for writing; your data is here: take the volumes out.",
        ko: "비정상 종료: Docker나 가상 머신이 쓰는 도중에 멈췄습니다",
        why_ko: "디스크 파일의 로그나 파일 시스템의 저널에 남아 있던, 제자리에 기록되지 않은 쓰기는 메모리에서 반영했습니다. 로그와 저널은 이런 때를 위한 것입니다. 마지막 몇 초 동안 쓰던 것 말고는 손실이 없습니다.",
        next_ko: "다른 프로그램이 쓰기로 열기 전에 디스크 파일을 복사하십시오. 데이터는 여기에 있으니 볼륨을 꺼내십시오.",
        errors: [
            ("QEMU", "VHDX image file '…' opened read-only, but contains a log that needs to be replayed", "https://gitlab.com/qemu-project/qemu/-/blob/master/block/vhdx-log.c"),
            ("Linux", "EXT4-fs (…): INFO: recovery required on readonly filesystem", "https://git.kernel.org/pub/scm/linux/kernel/git/torvalds/linux.git/tree/fs/ext4/super.c")
        ];
    /// Images in Docker's classic store and in containerd's: the engine shows one of them.
    STORE_SWITCHED = "store-switched",
        en: "Image store switched: two image stores are on this disk, and Docker shows only one of them",
        why_en: "Docker keeps images and containers either in its classic store or in containerd's. Changing that setting, or an update that does, hides what the other store holds. Nothing was deleted.",
        next_en: "Switch \"Use containerd for pulling and storing images\" in Docker Desktop's settings to see the other store; do not reset to factory defaults.",
        ko: "바뀐 이미지 저장소: 이 디스크에는 이미지 저장소가 둘이고 Docker는 그중 하나만 보여 줍니다",
        why_ko: "Docker는 이미지와 컨테이너를 기존 저장소나 containerd 저장소 중 한 곳에 보관합니다. 이 설정을 바꾸거나 업데이트로 바뀌면 다른 저장소의 내용이 보이지 않습니다. 지워진 것은 없습니다.",
        next_ko: "Docker Desktop 설정에서 \"Use containerd for pulling and storing images\"를 바꾸면 다른 저장소가 보입니다. 초기화하지 마십시오.",
        errors: [];
    /// A disk that Docker could use, and nothing of the person's on it.
    WRONG_DISK = "wrong-disk",
        en: "Wrong disk attached: Docker's data is most likely in another disk file",
        why_en: "Docker Desktop makes a new, empty disk when it does not find the old one, and disks made from one template carry the same id, so that one may be attached in place of another.",
        next_en: "Look for a second, larger disk file (docker_data.vhdx, ext4.vhdx, Docker.raw) and open that one here; delete neither, and do not reset Docker to factory defaults.",
        ko: "잘못 연결된 디스크: Docker의 데이터는 다른 디스크 파일에 있을 가능성이 큽니다",
        why_ko: "Docker Desktop은 기존 디스크를 찾지 못하면 빈 디스크를 새로 만듭니다. 또 같은 틀에서 만든 디스크는 ID가 같아 서로 바뀌어 연결될 수 있습니다.",
        next_ko: "더 큰 다른 디스크 파일(docker_data.vhdx, ext4.vhdx, Docker.raw)을 찾아 여기서 여십시오. 둘 다 지우지 말고 Docker를 초기화하지 마십시오.",
        errors: [("Docker Desktop", "more than one sd* disk in /sys/block", "https://github.com/docker/for-win/issues/14453")];
    /// Something else is on the disk.
    NO_DOCKER = "no-docker",
        en: "No Docker on this disk: no data root of Docker or containerd was found",
        why_en: "What lies on the disk is not Docker's data, or not in a filesystem that Careen reads.",
        next_en: "Check that this is the right file: Docker Desktop keeps its data in docker_data.vhdx or ext4.vhdx on Windows, in Docker.raw or Docker.qcow2 on a Mac.",
        ko: "Docker가 없는 디스크: Docker나 containerd의 데이터 루트를 찾지 못했습니다",
        why_ko: "디스크에 있는 것은 Docker의 데이터가 아니거나 Careen이 읽지 않는 파일 시스템에 있습니다.",
        next_ko: "올바른 파일인지 확인하십시오. Docker Desktop은 데이터를 Windows에서는 docker_data.vhdx나 ext4.vhdx에, Mac에서는 Docker.raw나 Docker.qcow2에 보관합니다.",
        errors: [];
    /// Legal, and not read by this version, or beyond a limit.
    NOT_READ = "not-read",
        en: "Not read in full: part of this disk is of a kind that this version of Careen does not read",
        why_en: "No damage was found, but the answer is not whole: the findings say what was left out.",
        next_en: "Keep the disk file as it is; what was not read as images or containers can still be browsed as files.",
        ko: "일부만 읽은 디스크: 이 버전의 Careen이 읽지 않는 형식이 들어 있습니다",
        why_ko: "손상은 찾지 못했지만 결과가 완전하지 않습니다. 빠진 것은 항목에 나옵니다.",
        next_ko: "디스크 파일을 그대로 두십시오. 이미지나 컨테이너로 읽지 못한 것도 파일로는 살펴볼 수 있습니다.",
        errors: [];
    /// Nothing that would keep Docker from starting.
    NOTHING_WRONG = "nothing-wrong",
        en: "Nothing wrong found on this disk",
        why_en: "Disk file, filesystem and Docker's records are in order as far as they were checked. If Docker does not start, the reason is elsewhere: WSL, Windows, a setting, or an update.",
        next_en: "Your data is here: take the volumes out before you reinstall or reset anything.",
        ko: "이 디스크에서 발견된 문제가 없습니다",
        why_ko: "디스크 파일, 파일 시스템, Docker의 기록은 확인한 범위에서 정상입니다. Docker가 시작되지 않는다면 원인은 WSL, Windows, 설정, 업데이트 등 다른 곳에 있습니다.",
        next_ko: "데이터는 여기에 있습니다. 다시 설치하거나 초기화하기 전에 볼륨을 꺼내십시오.",
        errors: [];
}

/// The row with this name.
pub fn find(name: &str) -> Option<&'static Cause> {
    ALL.iter().copied().find(|cause| cause.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_and_every_text_is_there() {
        let mut names = BTreeSet::new();
        for cause in ALL {
            assert!(names.insert(cause.name), "{} stands twice in the table", cause.name);
            assert!(cause.name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{}", cause.name);
            for language in [Language::English, Language::Korean] {
                let texts = [cause.title(language), cause.explanation(language), cause.next(language)];
                assert!(texts.iter().all(|text| !text.is_empty()), "{} leaves a text out", cause.name);
                assert!(!texts[0].ends_with('.'), "{}: a title is a clause", cause.name);
            }
            assert_eq!(find(cause.name), Some(*cause));
        }
    }

    #[test]
    fn every_error_text_has_a_public_source() {
        for error in ALL.iter().flat_map(|cause| cause.errors) {
            assert!(error.source.starts_with("https://"), "{:?}", error.text);
            assert!(!error.text.is_empty() && !error.said_by.is_empty(), "{}", error.source);
        }
    }
}
