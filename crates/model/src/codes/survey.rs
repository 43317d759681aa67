//! Findings about the disk as a whole.

super::codes! {
    /// Nothing on the disk is a filesystem we read.
    NO_FILESYSTEM = "no-filesystem", Note,
        en: "No Linux filesystem (ext2, ext3, ext4) was found on this disk.",
        do_en: "Check that this is the right file. Docker Desktop keeps its data in docker_data.vhdx or ext4.vhdx (Windows), Docker.raw or Docker.qcow2 (Mac). Two such files side by side are common; try the larger one.",
        ko: "이 디스크에서 Linux 파일 시스템(ext2, ext3, ext4)을 찾지 못했습니다.",
        do_ko: "올바른 파일인지 확인하십시오. Docker Desktop은 데이터를 docker_data.vhdx 또는 ext4.vhdx(Windows), Docker.raw 또는 Docker.qcow2(Mac)에 보관합니다. 이런 파일이 두 개 나란히 있는 경우가 흔하므로 더 큰 파일을 열어 보십시오.";
    /// No data root in any filesystem.
    NO_STORE = "no-store", Note,
        en: "No Docker or containerd data root was found on this disk.",
        do_en: "The files on it can still be browsed. If Docker's data should be here, look for a second disk file: Docker Desktop silently makes a new, empty one when it cannot find the old one.",
        ko: "이 디스크에서 Docker 또는 containerd 데이터 루트를 찾지 못했습니다.",
        do_ko: "디스크의 파일은 그대로 살펴볼 수 있습니다. Docker 데이터가 있어야 한다면 다른 디스크 파일이 있는지 찾아보십시오. Docker Desktop은 기존 파일을 찾지 못하면 알리지 않고 빈 파일을 새로 만듭니다.";
    /// A filesystem of a kind we read could not be opened.
    FILESYSTEM_UNREADABLE = "filesystem-unreadable", Loss,
        en: "This filesystem could not be opened: {reason}.",
        do_en: "Nothing was written to it. Keep the file as it is and do not run repair tools on it: they may discard what can still be recovered.",
        ko: "이 파일 시스템을 열 수 없습니다: {reason}.",
        do_ko: "디스크에는 아무것도 기록하지 않았습니다. 파일을 그대로 두고 복구 도구를 실행하지 마십시오. 아직 복구할 수 있는 데이터가 지워질 수 있습니다.";
    /// The same image, container or layer has records in several data roots.
    SEVERAL_RECORDS = "several-records", Note,
        en: "Several data roots have a record of the same id: {stores}. The one in {store} was used, which is the first whole one.",
        do_en: "A data root was most likely copied. To look into another copy, browse its store as files.",
        ko: "같은 ID의 기록이 여러 데이터 루트에 있습니다: {stores}. 온전한 기록 중 첫 번째인 {store}의 것을 사용했습니다.",
        do_ko: "데이터 루트를 복사해 둔 것으로 보입니다. 다른 사본을 보려면 해당 저장소를 파일로 살펴보십시오.";
    /// A copy without attributes; the record that has them is not there.
    LAYER_RECORD_UNREADABLE = "layer-record-unreadable", Loss,
        en: "This copy of the layer {layer} has lost the marks by which it hides files of the layers below, and the record that has them cannot be read: {reason}. Deleted files may show up again; owners, modes and links may be wrong.",
        do_en: "Compare the list of files with what you expect of the image. A copy made with `tar --xattrs --xattrs-include='*'`, or the disk itself, shows it exactly.",
        ko: "레이어 {layer}의 이 사본에는 하위 레이어의 파일을 가리는 표시가 없고, 그 표시를 담은 기록도 읽을 수 없습니다: {reason}. 삭제된 파일이 다시 보이거나 소유자, 모드, 링크가 실제와 다를 수 있습니다.",
        do_ko: "파일 목록을 예상한 내용과 비교하십시오. `tar --xattrs --xattrs-include='*'`로 만든 사본이나 디스크 자체를 열면 정확하게 볼 수 있습니다.";
    /// A copy in which a whole layer is missing.
    LAYER_NOT_IN_COPY = "layer-not-in-copy", Loss,
        en: "This copy has none of the {count} files with content of the layer {layer}.",
        do_en: "Where links lead to a directory, a browser leaves it out of a folder that is picked. Drop the folder on the page instead of picking it, or open it with the careen command.",
        ko: "이 사본에는 레이어 {layer}의 내용이 있는 파일 {count}개가 하나도 없습니다.",
        do_ko: "링크가 가리키는 디렉터리는 폴더를 선택할 때 브라우저가 제외합니다. 폴더를 선택하는 대신 페이지에 끌어다 놓거나 careen 명령으로 여십시오.";
    /// A container's changes in a copy without attributes.
    CHANGES_WITHOUT_MARKS = "changes-without-marks", Loss,
        en: "This copy has not kept the overlay's marks on the changes of the container {container}. Where the container deleted a directory and made it again, the old files show up in it; in a copy without devices, files it deleted show up too.",
        do_en: "Files the container wrote are all there. What it deleted is told by the disk itself, or by a copy made with `tar --xattrs --xattrs-include='*'`.",
        ko: "이 사본에는 컨테이너 {container}의 변경 내용에 대한 오버레이 표시가 남아 있지 않습니다. 컨테이너가 디렉터리를 지우고 다시 만든 경우 그 안의 이전 파일이 보이며, 장치 파일이 없는 사본이라면 삭제한 파일도 보입니다.",
        do_ko: "컨테이너가 기록한 파일은 모두 있습니다. 삭제된 내용은 디스크 자체나 `tar --xattrs --xattrs-include='*'`로 만든 사본에서 확인할 수 있습니다.";
    /// A containerd store is there; its records are not read by this version.
    STORE_IN_USE = "store-in-use", Note,
        en: "This Docker has images in several stores. It was last used with {id}; it does not show what lies in {others}, although all of it is there.",
        do_en: "Everything is listed here, whichever store it lies in. Docker shows the rest again when its setting for the image store (\"Use containerd for pulling and storing images\") is switched back.",
        ko: "이 Docker의 이미지는 여러 저장소에 나뉘어 있습니다. 마지막으로 사용한 저장소는 {id}이며, {others}에 있는 것은 그대로 남아 있지만 Docker에는 표시되지 않습니다.",
        do_ko: "어느 저장소에 있든 여기에는 모두 표시됩니다. Docker에서 이미지 저장소 설정(\"Use containerd for pulling and storing images\")을 되돌리면 나머지가 다시 보입니다.";
}
