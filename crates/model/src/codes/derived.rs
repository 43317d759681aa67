//! Rows about what a classic store holds half, holds on to, or tells of by other records than its own.

crate::codes::codes! {
    IMAGE_DERIVED = "image-derived", Damage,
        en: "The record of the image {image} is lost. Its {count} layers were taken from the container {container}, which was made from it; command, environment and history of the image are not known.",
        do_en: "Look into its files, or export the container. Docker does not show this image.",
        ko: "이미지 {image}의 기록이 손실되었습니다. 레이어 {count}개는 이 이미지로 만든 컨테이너 {container}에서 가져왔으며 이미지의 명령, 환경 변수, 기록은 알 수 없습니다.",
        do_ko: "파일을 살펴보거나 컨테이너를 내보내십시오. Docker는 이 이미지를 표시하지 않습니다.";
    IMAGES_BY_LAYERS = "images-by-layers", Loss,
        en: "No record of an image is left. {count} stacks of layers are listed in their place, each under the chain id of its topmost layer, which is not the id the image had.",
        do_en: "Look into their files to tell which is which; the packages in them help. Names, commands and history are not known.",
        ko: "이미지 기록이 남아 있지 않습니다. 대신 레이어 묶음 {count}개를 최상위 레이어의 체인 ID로 표시합니다. 이는 원래 이미지 ID가 아닙니다.",
        do_ko: "파일과 패키지를 살펴보아 어떤 이미지인지 구분하십시오. 이름, 명령, 기록은 알 수 없습니다.";
    CONTAINER_IMAGE_GONE = "container-image-gone", Note,
        en: "The image {image} that the container {container} was made from has been removed. The container keeps its layers.",
        do_en: "Nothing to do for the container itself. To have the image again, pull it, or commit the container.",
        ko: "컨테이너 {container}을(를) 만든 이미지 {image}이(가) 제거되었습니다. 레이어는 컨테이너가 계속 갖고 있습니다.",
        do_ko: "컨테이너 자체에는 할 일이 없습니다. 이미지가 다시 필요하면 받아 오거나 컨테이너를 커밋하십시오.";
    LAYER_HALF_REMOVED = "layer-half-removed", Damage,
        en: "The removal of the layer {layer} was interrupted. Its record and its directory are still there and are used; some of its files may have been deleted already.",
        do_en: "Compare its files with what you expect. Docker no longer knows this layer.",
        ko: "레이어 {layer}의 제거가 중단되었습니다. 기록과 디렉터리가 남아 있어 사용하지만 일부 파일은 이미 삭제되었을 수 있습니다.",
        do_ko: "파일을 예상한 내용과 비교하십시오. Docker는 이 레이어를 더 이상 알지 못합니다.";
    LAYER_HALF_MADE = "layer-half-made", Damage,
        en: "The layer {layer} was being made when the engine stopped. Its record and its directory are there and are used; some of its files may be missing.",
        do_en: "Pull or build its image again; Docker does not know this layer.",
        ko: "엔진이 멈출 때 레이어 {layer}을(를) 만드는 중이었습니다. 기록과 디렉터리가 있어 사용하지만 일부 파일이 없을 수 있습니다.",
        do_ko: "이미지를 다시 받거나 빌드하십시오. Docker는 이 레이어를 알지 못합니다.";
    LAYERS_UNUSED = "layers-unused", Note,
        en: "{count} layers, {size} bytes as recorded, are used by no image, no container and no record of the build cache.",
        do_en: "They are left of images whose records are lost, or of removals that did not end. Their files can be looked into as layers.",
        ko: "이미지, 컨테이너, 빌드 캐시 어느 것도 사용하지 않는 레이어가 {count}개(기록된 크기 {size}바이트) 있습니다.",
        do_ko: "기록이 손실된 이미지나 끝나지 않은 제거가 남긴 것입니다. 레이어로 파일을 살펴볼 수 있습니다.";
    DRIVER_ELSEWHERE = "driver-elsewhere", Loss,
        en: "The storage driver {driver} does not keep layers in plain directories (btrfs: subvolumes; zfs: datasets of a pool; devicemapper: devices of a thin pool; windowsfilter: Windows layers). Images and layers are listed; this version does not read their files.",
        do_en: "Keep the disk file. Volumes do not depend on the storage driver and can be taken out.",
        ko: "스토리지 드라이버 {driver}은(는) 레이어를 일반 디렉터리에 두지 않습니다(btrfs: 서브볼륨, zfs: 풀의 데이터세트, devicemapper: 씬 풀의 장치, windowsfilter: Windows 레이어). 이미지와 레이어는 목록에 표시하지만 이 버전은 그 파일을 읽지 않습니다.",
        do_ko: "디스크 파일을 보관하십시오. 볼륨은 스토리지 드라이버와 무관하므로 꺼낼 수 있습니다.";
}
