//! Findings of the `store` crate.

super::codes! {
    OVERLAY_LAYER_UNREADABLE = "overlay-layer-unreadable", Loss,
        en: "One layer's part of a merged directory could not be read: {reason}. What this layer adds there is missing, and what it deletes or replaces there is shown as the layers below have it.",
        do_en: "Treat the names in this directory with care: some may be missing, some may be older than the engine showed. Look into the other layers of the image to see which.",
        ko: "병합된 디렉터리 중 한 레이어의 내용을 읽을 수 없습니다: {reason}. 이 레이어가 추가한 항목은 빠져 있고, 삭제하거나 교체한 항목은 하위 레이어의 상태로 표시됩니다.",
        do_ko: "이 디렉터리의 목록은 주의해서 보십시오. 빠진 항목이나 엔진이 보여 주던 것보다 오래된 항목이 있을 수 있습니다. 이미지의 다른 레이어를 열어 확인하십시오.";
    OVERLAY_MARKS_UNREADABLE = "overlay-marks-unreadable", Damage,
        en: "The overlay attributes of this object could not be read: {reason}. It was taken as having none, so files deleted in this layer may show up again.",
        do_en: "Compare this directory with the layer's own directory before you rely on which files exist in it.",
        ko: "이 항목의 오버레이 속성을 읽을 수 없습니다: {reason}. 속성이 없는 것으로 처리했으므로 이 레이어에서 삭제된 파일이 다시 보일 수 있습니다.",
        do_ko: "이 디렉터리에 어떤 파일이 있는지 판단하기 전에 해당 레이어의 디렉터리와 비교하십시오.";
    OVERLAY_REDIRECT_BROKEN = "overlay-redirect-broken", Loss,
        en: "This object was renamed and refers to {target} in the layers below, but nothing that fits is there. Only what its own layer holds is shown.",
        do_en: "A layer below is missing or damaged. Look for the name in the other layers; what was not changed after the renaming may still be there.",
        ko: "이 항목은 이름이 바뀐 것으로 하위 레이어의 {target}을(를) 가리키지만 그곳에 맞는 항목이 없습니다. 이 레이어가 가진 내용만 표시합니다.",
        do_ko: "하위 레이어가 없거나 손상되었습니다. 다른 레이어에서 해당 이름을 찾아보십시오. 이름이 바뀐 뒤 변경되지 않은 내용은 그곳에 남아 있을 수 있습니다.";
    OVERLAY_METACOPY_WITHOUT_DATA = "overlay-metacopy-without-data", Loss,
        en: "This layer holds the owner, mode and times of a file whose content lies in a layer below, but no layer below has that content. The file is listed and cannot be opened.",
        do_en: "A layer below is missing or damaged. If the image can be pulled again, the content can be taken from there.",
        ko: "이 레이어에는 파일의 소유자, 모드, 시각만 있고 내용은 하위 레이어에 있어야 하지만 어느 하위 레이어에도 그 내용이 없습니다. 파일은 목록에 표시되지만 열 수 없습니다.",
        do_ko: "하위 레이어가 없거나 손상되었습니다. 이미지를 다시 받을 수 있다면 그 이미지에서 내용을 가져오십시오.";
    OVERLAY_METACOPY_SIZE = "overlay-metacopy-size", Damage,
        en: "This file's metadata says {size} bytes, but its content in a layer below has {length}. The content is given as it lies there.",
        do_en: "Check the file before you use it: its content may be that of another version.",
        ko: "이 파일의 메타데이터에는 {size}바이트로 되어 있지만 하위 레이어에 있는 내용은 {length}바이트입니다. 내용은 있는 그대로 제공합니다.",
        do_ko: "사용하기 전에 파일을 확인하십시오. 다른 버전의 내용일 수 있습니다.";
    STORE_SEARCH_ENDED = "store-search-ended", Note,
        en: "The search for data roots ended after {count} directories. One that lies in a directory not looked into is not listed.",
        do_en: "If a data root is known to be deeper in this filesystem, browse to it among the files.",
        ko: "데이터 루트 검색을 디렉터리 {count}개까지만 진행했습니다. 확인하지 않은 디렉터리에 있는 데이터 루트는 목록에 없습니다.",
        do_ko: "데이터 루트가 더 깊은 위치에 있다면 파일 목록에서 직접 찾아가십시오.";
    STORE_LEFTOVER = "store-leftover", Note,
        en: "{name} is what an interrupted operation left behind, or nothing of Docker's. It is not listed; its files can be browsed.",
        do_en: "The engine ignores it too. Look into it only if something is missing elsewhere.",
        ko: "{name}은(는) 중단된 작업이 남긴 것이거나 Docker가 만든 것이 아니므로 목록에 넣지 않았습니다. 파일은 살펴볼 수 있습니다.",
        do_ko: "엔진도 이를 무시합니다. 다른 곳에서 빠진 데이터가 있을 때만 확인하십시오.";
    RECORD_VALUE_LEFT_OUT = "record-value-left-out", Loss,
        en: "The value {value} of {field} in this record is not {expected}. It was left out; the rest of the record is in the answer.",
        do_en: "The record was edited by hand or is damaged. Look at the file itself for what the value was meant to be.",
        ko: "이 기록의 {field} 값 {value}은(는) 올바른 형식({expected})이 아니어서 제외했습니다. 기록의 나머지는 결과에 포함되어 있습니다.",
        do_ko: "기록이 수동으로 편집되었거나 손상된 것입니다. 원래 값이 무엇이었는지 파일에서 직접 확인하십시오.";
    RECORDS_LEFT_OUT = "records-left-out", Loss,
        en: "{count} records of this store were not read: those read before them take all of the {limit} MiB of memory that records may take.",
        do_en: "No real store comes near this limit, so some records are most likely damaged or made to be harmful: look for files of many megabytes among them. Each record can still be opened as a file.",
        ko: "이 저장소의 기록 {count}개를 읽지 않았습니다. 앞서 읽은 기록이 허용된 메모리 {limit} MiB를 모두 사용했습니다.",
        do_ko: "실제 저장소는 이 한도에 가까이 가지 않으므로 일부 기록이 손상되었거나 악의적으로 만들어졌을 가능성이 큽니다. 크기가 수 MB를 넘는 기록 파일이 있는지 확인하십시오. 각 기록은 파일로 열어 볼 수 있습니다.";
    IMAGE_RECORDS_MISSING = "image-records-missing", Loss,
        en: "The records of the images (imagedb) of the storage driver {driver} are not there. No image can be listed.",
        do_en: "The layers' files may still be in the driver's directory and can be browsed. Containers and volumes are not affected.",
        ko: "스토리지 드라이버 {driver}의 이미지 기록(imagedb)이 없어 이미지를 표시할 수 없습니다.",
        do_ko: "레이어의 파일은 드라이버의 디렉터리에 남아 있을 수 있으며 살펴볼 수 있습니다. 컨테이너와 볼륨에는 영향이 없습니다.";
    REPOSITORIES_BROKEN = "repositories-broken", Loss,
        en: "The file with the names of the images cannot be read whole: {reason}. {count} names were saved from it; the other images are listed without name.",
        do_en: "Docker does not start with such a file. The images themselves are not affected: find them by date, command or content and tag them again.",
        ko: "이미지 이름이 기록된 파일을 온전히 읽을 수 없습니다: {reason}. 이름 {count}개를 건졌으며 나머지 이미지는 이름 없이 표시합니다.",
        do_ko: "이 파일이 손상되면 Docker가 시작되지 않습니다. 이미지 자체에는 영향이 없으니 날짜, 명령, 내용으로 찾아 다시 태그를 붙이십시오.";
    IMAGE_CONFIG_DIGEST = "image-config-digest", Damage,
        en: "The configuration of the image {image} has changed: its digest is {digest}. It is shown as it stands.",
        do_en: "Docker hides such an image. At least one byte of command, environment, history or layer list is wrong: compare it with the Dockerfile or with the same image elsewhere.",
        ko: "이미지 {image}의 구성이 변경되었습니다. 실제 다이제스트는 {digest}입니다. 있는 그대로 표시합니다.",
        do_ko: "Docker는 이런 이미지를 숨깁니다. 명령, 환경 변수, 기록, 레이어 목록 중 한 바이트 이상이 잘못되었으니 Dockerfile이나 다른 곳의 같은 이미지와 비교하십시오.";
    IMAGE_CONFIG_INVALID = "image-config-invalid", Loss,
        en: "The configuration of the image {image} cannot be read: {reason}. The image is listed by its id and name; which layers it has is not known.",
        do_en: "Its layers are still in the list of layers. If the image can be pulled again, its configuration can be taken from there.",
        ko: "이미지 {image}의 구성을 읽을 수 없습니다: {reason}. 이미지는 ID와 이름으로만 표시되며 어떤 레이어로 이루어졌는지 알 수 없습니다.",
        do_ko: "레이어는 레이어 목록에 남아 있습니다. 이미지를 다시 받을 수 있다면 그 구성을 가져오십시오.";
    IMAGE_RECORD_MISSING = "image-record-missing", Loss,
        en: "The image {image} has a name ({names}) but no configuration. It is listed by its name; which layers it has is not known.",
        do_en: "Its layers may still be in the list of layers. If the image can be pulled again, its configuration can be taken from there.",
        ko: "이미지 {image}은(는) 이름({names})만 있고 구성이 없습니다. 이름으로만 표시되며 어떤 레이어로 이루어졌는지 알 수 없습니다.",
        do_ko: "레이어는 레이어 목록에 남아 있을 수 있습니다. 이미지를 다시 받을 수 있다면 그 구성을 가져오십시오.";
    LAYER_RECORD_MISSING = "layer-record-missing", Loss,
        en: "There is no record of the layer {layer}, which {count} images need ({images}). They are listed; their files from this layer down are not in the answer.",
        do_en: "Docker hides such images. The layers above can be looked into one by one. If an image can be pulled again, take it from there.",
        ko: "이미지 {count}개({images})에 필요한 레이어 {layer}의 기록이 없습니다. 이미지는 목록에 있지만 이 레이어부터 아래의 파일은 결과에 없습니다.",
        do_ko: "Docker는 이런 이미지를 숨깁니다. 위쪽 레이어는 하나씩 살펴볼 수 있습니다. 이미지를 다시 받을 수 있다면 그렇게 하십시오.";
    LAYER_RECORD_REPAIRED = "layer-record-repaired", Damage,
        en: "The record of the layer {layer} does not fit its id. Content digest and parent were taken from the configuration of an image, which proves them.",
        do_en: "Nothing is lost. Docker may drop this layer and hide the images that use it.",
        ko: "레이어 {layer}의 기록이 ID와 맞지 않습니다. 내용 다이제스트와 상위 레이어는 이를 증명하는 이미지 구성에서 가져왔습니다.",
        do_ko: "손실은 없습니다. Docker는 이 레이어를 버리고 이를 사용하는 이미지를 숨길 수 있습니다.";
    LAYER_RECORD_BROKEN = "layer-record-broken", Damage,
        en: "The record of the layer {layer} does not fit its id, and no image tells what it should say. The layer is listed as its record stands.",
        do_en: "Look into the layer itself; its files are not affected.",
        ko: "레이어 {layer}의 기록이 ID와 맞지 않으며 올바른 값을 알려 주는 이미지도 없습니다. 기록된 그대로 표시합니다.",
        do_ko: "레이어의 파일에는 영향이 없으니 레이어를 직접 살펴보십시오.";
    LAYER_SIZE_UNKNOWN = "layer-size-unknown", Damage,
        en: "The size of this layer is not recorded. It is shown as unknown, and so is the size of the images that use the layer.",
        do_en: "Its files are not affected. Docker drops such a layer and hides the images that use it.",
        ko: "이 레이어의 크기가 기록되어 있지 않습니다. 이 레이어와 이를 사용하는 이미지의 크기는 알 수 없음으로 표시합니다.",
        do_ko: "파일에는 영향이 없습니다. Docker는 이런 레이어를 버리고 이를 사용하는 이미지를 숨깁니다.";
    LAYER_DIRECTORY_FOUND = "layer-directory-found", Damage,
        en: "The record of the layer {layer} no longer says where its files are. They were found in {directory}, which the layers next to it name in its place.",
        do_en: "Nothing is lost. Docker drops this layer and hides the images that use it.",
        ko: "레이어 {layer}의 기록에 파일의 위치가 없습니다. 인접한 레이어가 가리키는 {directory}에서 파일을 찾았습니다.",
        do_ko: "손실은 없습니다. Docker는 이 레이어를 버리고 이를 사용하는 이미지를 숨깁니다.";
    LAYER_DIRECTORY_MISSING = "layer-directory-missing", Loss,
        en: "The files of the layer {layer} are not there (directory: {directory}). Images that use it are listed; their files from this layer down are not in the answer.",
        do_en: "If such an image can be pulled again, take it from there. The layers above can be looked into one by one.",
        ko: "레이어 {layer}의 파일이 없습니다(디렉터리: {directory}). 이를 사용하는 이미지는 목록에 있지만 이 레이어부터 아래의 파일은 결과에 없습니다.",
        do_ko: "이미지를 다시 받을 수 있다면 그렇게 하십시오. 위쪽 레이어는 하나씩 살펴볼 수 있습니다.";
    LAYER_STACK_CUT = "layer-stack-cut", Loss,
        en: "Only the {count} topmost layers are shown: the layer {layer} beneath them is missing. Layers below it are left out too, because files that it replaced or deleted would come back.",
        do_en: "Look into the lower layers one by one; their files may be older than the image's.",
        ko: "위쪽 레이어 {count}개만 표시합니다. 그 아래 레이어 {layer}이(가) 없습니다. 이 레이어가 교체하거나 삭제한 파일이 되살아나지 않도록 그보다 아래의 레이어도 제외했습니다.",
        do_ko: "아래쪽 레이어는 하나씩 살펴보십시오. 그 파일은 이미지의 파일보다 오래된 것일 수 있습니다.";
    OVERLAY_LINK_BROKEN = "overlay-link-broken", Damage,
        en: "The short name (file link) of the overlay2 directory {directory} is empty or unreadable. The layer records were used in its place.",
        do_en: "Nothing is lost. Docker cannot mount what lies above: \"readlink …/overlay2/l: invalid argument\".",
        ko: "overlay2 디렉터리 {directory}의 짧은 이름(link 파일)이 비어 있거나 읽을 수 없습니다. 대신 레이어 기록을 사용했습니다.",
        do_ko: "손실은 없습니다. Docker는 그 위의 레이어를 마운트하지 못합니다: \"readlink …/overlay2/l: invalid argument\".";
    OVERLAY_LOWER_BROKEN = "overlay-lower-broken", Damage,
        en: "The list of lower layers (file lower) of the overlay2 directory {directory} is not that of the {count} layers beneath it. The layer records were used in its place.",
        do_en: "Nothing is lost. Docker cannot mount this directory, or mounts it with layers missing.",
        ko: "overlay2 디렉터리 {directory}의 하위 레이어 목록(lower 파일)이 그 아래 {count}개 레이어와 다릅니다. 대신 레이어 기록을 사용했습니다.",
        do_ko: "손실은 없습니다. Docker는 이 디렉터리를 마운트하지 못하거나 일부 레이어가 빠진 채로 마운트합니다.";
    OVERLAY_SHORT_NAMES_MISSING = "overlay-short-names-missing", Damage,
        en: "{count} layers have no short name in overlay2/l. The layer records were used in their place.",
        do_en: "Nothing is lost. Docker mounts layers by these names and fails without them.",
        ko: "overlay2/l에 짧은 이름이 없는 레이어가 {count}개 있습니다. 대신 레이어 기록을 사용했습니다.",
        do_ko: "손실은 없습니다. Docker는 이 이름으로 레이어를 마운트하므로 이름이 없으면 실패합니다.";
    DRIVER_UNREAD = "driver-unread", Loss,
        en: "The layers of this store were written by the storage driver {driver}. Images and layers are listed; this version does not look into their files.",
        do_en: "The driver's directory can be browsed as files.",
        ko: "이 저장소의 레이어는 스토리지 드라이버 {driver}(으)로 기록되었습니다. 이미지와 레이어는 목록에 표시하지만 이 버전은 그 파일을 읽지 않습니다.",
        do_ko: "드라이버의 디렉터리는 파일로 살펴볼 수 있습니다.";
    CONTAINER_CONFIG_LOST = "container-config-lost", Loss,
        en: "The configuration of the container {container} cannot be read: {reason}. It is listed by its id alone; its files and log are not affected.",
        do_en: "Docker does not load such a container. Its changes, its log and hostconfig.json are still there.",
        ko: "컨테이너 {container}의 구성을 읽을 수 없습니다: {reason}. ID로만 표시하며 파일과 로그에는 영향이 없습니다.",
        do_ko: "Docker는 이런 컨테이너를 불러오지 않습니다. 변경된 파일, 로그, hostconfig.json은 그대로 남아 있습니다.";
    CONTAINER_CONFIG_COPY = "container-config-copy", Damage,
        en: "The configuration of the container {container} cannot be read: {reason}. The copy {file}, left by an interrupted write, was used.",
        do_en: "The copy may be a little older or newer than what the engine last knew. Check state and times.",
        ko: "컨테이너 {container}의 구성을 읽을 수 없습니다: {reason}. 중단된 쓰기가 남긴 사본 {file}을(를) 사용했습니다.",
        do_ko: "사본은 엔진이 마지막으로 알던 내용보다 조금 오래되었거나 새것일 수 있습니다. 상태와 시각을 확인하십시오.";
    CONTAINER_HOST_CONFIG_LOST = "container-host-config-lost", Loss,
        en: "The host settings of the container {container} cannot be read: {reason}. Its binds, port bindings, limits and restart policy are not in the answer.",
        do_en: "Mounts and ports may still be told by the container's own configuration or by its compose file.",
        ko: "컨테이너 {container}의 호스트 설정을 읽을 수 없습니다: {reason}. 바인드, 포트 바인딩, 제한, 재시작 정책은 결과에 없습니다.",
        do_ko: "마운트와 포트는 컨테이너 구성이나 compose 파일에서 확인할 수 있습니다.";
    CONTAINER_LAYER_LOST = "container-layer-lost", Loss,
        en: "The files that the container {container} changed cannot be found: {reason}.",
        do_en: "Its configuration and log are not affected. Directories that no record names can be browsed in the driver's directory.",
        ko: "컨테이너 {container}이(가) 변경한 파일을 찾을 수 없습니다: {reason}.",
        do_ko: "구성과 로그에는 영향이 없습니다. 기록에 없는 디렉터리는 드라이버의 디렉터리에서 살펴볼 수 있습니다.";
    CONTAINER_MOUNT_BROKEN = "container-mount-broken", Damage,
        en: "The record of the layers of the container {container} is broken ({files}). What is missing was taken from the rest of the record, from the container's image or from its directory, where they tell it.",
        do_en: "Docker cannot start this container. Check that its files are complete.",
        ko: "컨테이너 {container}의 레이어 기록이 손상되었습니다({files}). 빠진 값은 나머지 기록, 컨테이너의 이미지 또는 디렉터리에서 알 수 있는 경우 가져왔습니다.",
        do_ko: "Docker는 이 컨테이너를 시작하지 못합니다. 파일이 모두 있는지 확인하십시오.";
    CONTAINER_IMAGE_LOST = "container-image-lost", Loss,
        en: "Only the container's own files are shown, because those of its image cannot be found: {reason}.",
        do_en: "If the image can be pulled again, its files can be taken from there.",
        ko: "이미지의 파일을 찾을 수 없어 컨테이너 자체의 파일만 표시합니다: {reason}.",
        do_ko: "이미지를 다시 받을 수 있다면 그 파일을 가져오십시오.";
    CONTAINER_RECORD_MISSING = "container-record-missing", Note,
        en: "The writable layer of a container {container} is there, but the container itself is not. It is not listed.",
        do_en: "The container was removed, or its directory is lost. Its files can be browsed in the driver's directory.",
        ko: "컨테이너 {container}의 쓰기 레이어는 있지만 컨테이너 자체는 없어 목록에 넣지 않았습니다.",
        do_ko: "컨테이너가 제거되었거나 디렉터리가 손실된 것입니다. 파일은 드라이버의 디렉터리에서 살펴볼 수 있습니다.";
    VOLUME_DATABASE_UNREADABLE = "volume-database-unreadable", Loss,
        en: "The database of volumes cannot be read: {reason}. Volumes are listed by their directories; their labels are not known.",
        do_en: "The files in the volumes are not affected. Docker makes a new database if this one is moved away.",
        ko: "볼륨 데이터베이스를 읽을 수 없습니다: {reason}. 볼륨은 디렉터리로 찾아 표시하며 레이블은 알 수 없습니다.",
        do_ko: "볼륨의 파일에는 영향이 없습니다. 이 데이터베이스를 다른 곳으로 옮기면 Docker가 새로 만듭니다.";
    VOLUME_RECORD_BROKEN = "volume-record-broken", Loss,
        en: "The record of the volume {volume} cannot be read: {reason}. Its labels and options are not in the answer.",
        do_en: "The files in the volume are not affected.",
        ko: "볼륨 {volume}의 기록을 읽을 수 없습니다: {reason}. 레이블과 옵션은 결과에 없습니다.",
        do_ko: "볼륨의 파일에는 영향이 없습니다.";
    VOLUME_DIRECTORY_MISSING = "volume-directory-missing", Loss,
        en: "The database names a volume {volume}, but its directory is not there. It is not listed.",
        do_en: "Either its removal was interrupted, or its directory is lost: look at the findings about the filesystem.",
        ko: "데이터베이스에 볼륨 {volume}이(가) 있지만 디렉터리가 없어 목록에 넣지 않았습니다.",
        do_ko: "제거가 중단되었거나 디렉터리가 손실된 것입니다. 파일 시스템의 발견 항목을 확인하십시오.";
    VOLUME_OF_PLUGIN = "volume-of-plugin", Note,
        en: "The volume {volume} belongs to the volume driver {driver}, which keeps it elsewhere. It is not listed.",
        do_en: "Look for its content where that driver keeps it, often on another machine.",
        ko: "볼륨 {volume}은(는) 볼륨 드라이버 {driver}이(가) 다른 곳에 보관하므로 목록에 넣지 않았습니다.",
        do_ko: "해당 드라이버가 데이터를 보관하는 곳(다른 서버인 경우가 많음)에서 찾으십시오.";
    VOLUME_OPTIONS_BROKEN = "volume-options-broken", Damage,
        en: "The file opts.json of the volume {volume} cannot be read: {reason}. Its driver options are not known.",
        do_en: "Docker does not start with such a file. The files in the volume are not affected.",
        ko: "볼륨 {volume}의 opts.json을 읽을 수 없습니다: {reason}. 드라이버 옵션은 알 수 없습니다.",
        do_ko: "이 파일이 손상되면 Docker가 시작되지 않습니다. 볼륨의 파일에는 영향이 없습니다.";
    NETWORK_DATABASE_UNREADABLE = "network-database-unreadable", Loss,
        en: "The database of networks cannot be read: {reason}. Networks are not in the answer.",
        do_en: "Docker makes a new database if this one is moved away; networks made by hand or by compose have to be made again.",
        ko: "네트워크 데이터베이스를 읽을 수 없습니다: {reason}. 네트워크는 결과에 없습니다.",
        do_ko: "이 데이터베이스를 다른 곳으로 옮기면 Docker가 새로 만듭니다. 직접 만들었거나 compose가 만든 네트워크는 다시 만들어야 합니다.";
    NETWORK_RECORD_BROKEN = "network-record-broken", Loss,
        en: "The record of the network {network} cannot be read: {reason}. This network is not in the answer; the others are.",
        do_en: "Containers that use it name it in their configuration.",
        ko: "네트워크 {network}의 기록을 읽을 수 없습니다: {reason}. 이 네트워크만 결과에서 빠졌습니다.",
        do_ko: "이를 사용하는 컨테이너의 구성에 네트워크 이름이 남아 있습니다.";
    IMAGE_DOCUMENT_INVALID = "image-document-invalid", Loss,
        en: "The manifest or the configuration of the image {image} cannot be read: {reason}. The image is listed by its names and digest, with the layers that the labels of its blobs tell.",
        do_en: "If the image can be pulled again, both can be taken from there. Layers that are unpacked are not affected.",
        ko: "이미지 {image}의 매니페스트 또는 구성을 읽을 수 없습니다: {reason}. 이미지는 이름과 다이제스트로 표시하며, 레이어는 블롭의 레이블로 알 수 있는 것만 표시합니다.",
        do_ko: "이미지를 다시 받을 수 있다면 거기서 가져오십시오. 이미 풀려 있는 레이어에는 영향이 없습니다.";
    IMAGE_NAME_LOST = "image-name-lost", Loss,
        en: "The image {image} was found by its manifest: no database names it any more, and nothing else on the disk does.",
        do_en: "Find out what it is by its date, command and content, and tag it again.",
        ko: "이미지 {image}은(는) 매니페스트로 찾았습니다. 이름을 담은 데이터베이스 기록이 없고 디스크의 다른 곳에도 이름이 남아 있지 않습니다.",
        do_ko: "날짜, 명령, 내용으로 어떤 이미지인지 확인한 뒤 다시 태그를 붙이십시오.";
    IMAGE_NAME_TRACES = "image-name-traces", Note,
        en: "The image {image} has no name any more. What else tells what it is: {traces}.",
        do_en: "Take this as a hint: an image inherits labels and layers from the one it was built upon.",
        ko: "이미지 {image}의 이름이 남아 있지 않습니다. 어떤 이미지인지 짐작할 수 있는 흔적: {traces}.",
        do_ko: "참고만 하십시오. 라벨과 레이어는 기반 이미지에서 물려받았을 수 있습니다.";
    IMAGE_NAME_DERIVED = "image-name-derived", Damage,
        en: "No database names the image {image} any more. {names} is what {source} calls it: it may have had other names, and this one may have moved on to a newer image.",
        do_en: "Check the image's date and content before you tag it with this name.",
        ko: "이미지 {image}의 이름을 담은 데이터베이스 기록이 없습니다. {names}은(는) 다른 흔적({source})에서 찾은 이름입니다. 다른 이름이 더 있었거나 이 이름이 더 새로운 이미지로 옮겨 갔을 수 있습니다.",
        do_ko: "이 이름으로 태그를 붙이기 전에 이미지의 날짜와 내용을 확인하십시오.";
    BLOB_CHANGED = "blob-changed", Damage,
        en: "The bytes of the blob {blob} are no longer those that its name was computed from. It is shown as it stands.",
        do_en: "Do not rely on what it says. If the image can be pulled again, take the blob from there.",
        ko: "블롭 {blob}의 내용이 이름을 계산할 때의 내용과 다릅니다. 현재 상태 그대로 표시합니다.",
        do_ko: "내용을 그대로 믿지 마십시오. 이미지를 다시 받을 수 있다면 거기서 블롭을 가져오십시오.";
    BLOB_MISSING = "blob-missing", Damage,
        en: "The packed layer {blob} of {count} images ({images}) is missing. Their files are read from the unpacked layer; as a download these images are incomplete.",
        do_en: "The files can be taken out. An exact copy of the image cannot be made without the packed layer: it would get another digest.",
        ko: "이미지 {count}개({images})의 압축된 레이어 {blob}이(가) 없습니다. 파일은 풀려 있는 레이어에서 읽지만 다운로드 형태의 이미지로는 불완전합니다.",
        do_ko: "파일은 꺼낼 수 있습니다. 압축된 레이어가 없으면 이미지를 원본 그대로 복제할 수 없으며 다이제스트가 달라집니다.";
    LAYER_BLOB_MISSING = "layer-blob-missing", Loss,
        en: "The packed layer {blob} of {count} images ({images}) is missing, and it is not unpacked anywhere either.",
        do_en: "If one of the images can be pulled again, the layer can be taken from there.",
        ko: "이미지 {count}개({images})의 압축된 레이어 {blob}이(가) 없으며 풀려 있는 레이어도 없습니다.",
        do_ko: "이 이미지 가운데 하나라도 다시 받을 수 있다면 거기서 레이어를 가져오십시오.";
    BLOB_LENGTH = "blob-length", Damage,
        en: "The packed layer {blob} of {count} images ({images}) has {length} bytes, expected {expected}: it is cut or overwritten.",
        do_en: "Take the files from the unpacked layer where there is one. An exact copy of these images cannot be made.",
        ko: "이미지 {count}개({images})의 압축된 레이어 {blob}은(는) {length}바이트이지만 {expected}바이트여야 합니다. 잘렸거나 덮어쓰였습니다.",
        do_ko: "풀려 있는 레이어가 있으면 거기서 파일을 꺼내십시오. 이 이미지들은 원본 그대로 복제할 수 없습니다.";
    LAYER_NOWHERE = "layer-nowhere", Loss,
        en: "The layer {layer} of the image {image} is neither unpacked nor packed anywhere in this store.",
        do_en: "What the layers above it hold can be read. If the image can be pulled again, the layer can be taken from there.",
        ko: "이미지 {image}의 레이어 {layer}이(가) 풀린 형태로도 압축된 형태로도 이 저장소에 없습니다.",
        do_ko: "그 위 레이어의 내용은 읽을 수 있습니다. 이미지를 다시 받을 수 있다면 거기서 레이어를 가져오십시오.";
    SNAPSHOTTER_UNREAD = "snapshotter-unread", Loss,
        en: "containerd's snapshotter {snapshotter} keeps its files in a form that this version does not read. Images are read from their packed layers; what containers changed is not.",
        do_en: "The snapshotter's directory can be browsed as files.",
        ko: "containerd 스냅샷터 {snapshotter}의 파일 형식은 이 버전에서 읽지 않습니다. 이미지는 압축된 레이어에서 읽지만 컨테이너가 변경한 내용은 읽지 않습니다.",
        do_ko: "스냅샷터의 디렉터리는 파일로 살펴볼 수 있습니다.";
    SNAPSHOTS_LEFT_OVER = "snapshots-left-over", Note,
        en: "{count} directories of snapshots belong to no record: {directories}. containerd removes such directories when it next cleans up.",
        do_en: "They can be browsed as files.",
        ko: "스냅샷 디렉터리 {count}개가 어떤 기록에도 속하지 않습니다: {directories}. containerd는 다음 정리 때 이런 디렉터리를 삭제합니다.",
        do_ko: "파일로 살펴볼 수 있습니다.";
    SNAPSHOTS_UNASSIGNED = "snapshots-unassigned", Loss,
        en: "The database of the snapshots is lost, so it is not known whose {count} directories of snapshots are: {directories}. Images are read from their packed layers instead; what containers changed whose own directory is not told may be in these.",
        do_en: "Look into the directories with the highest numbers first: containers that were made last have them. Each can be browsed as files.",
        ko: "스냅샷 데이터베이스가 손실되어 스냅샷 디렉터리 {count}개가 어디에 속하는지 알 수 없습니다: {directories}. 이미지는 압축된 레이어에서 읽으며, 자신의 디렉터리를 알 수 없는 컨테이너의 변경 내용이 이 디렉터리들에 있을 수 있습니다.",
        do_ko: "번호가 큰 디렉터리부터 확인하십시오. 마지막에 만든 컨테이너의 디렉터리입니다. 각 디렉터리는 파일로 살펴볼 수 있습니다.";
    LAYERS_RECOGNIZED = "layers-recognized", Note,
        en: "{count} directories of snapshots, whose database is lost, were recognized by comparing their files with packed layers.",
        do_en: "Nothing needs to be done: it is shown which layer each of them is.",
        ko: "데이터베이스가 손실된 스냅샷 디렉터리 {count}개를 압축된 레이어와 파일을 비교하여 알아냈습니다.",
        do_ko: "조치할 필요가 없습니다. 각 디렉터리가 어떤 레이어인지 표시됩니다.";
    CONTAINER_LAYER_DERIVED = "container-layer-derived", Damage,
        en: "The database that says where the changes of the container {container} lie is lost. They are taken to be in the directory {directory}: it stands on the layers of the container's image ({layer}), its time of birth is {delay} ms from that of the container's record, and no other container without directory fits it.",
        do_en: "This is very likely, not certain: look into the changes before you rely on them.",
        ko: "컨테이너 {container}의 변경 내용이 있는 위치를 담은 데이터베이스가 손실되었습니다. 디렉터리 {directory}에 있는 것으로 봅니다. 이 디렉터리는 컨테이너 이미지의 레이어({layer}) 위에 있고, 생성 시각이 컨테이너 기록의 시각과 {delay}ms 차이이며, 디렉터리를 찾지 못한 다른 컨테이너 가운데 여기에 맞는 것이 없습니다.",
        do_ko: "가능성이 매우 높지만 확실하지는 않습니다. 사용하기 전에 변경 내용을 확인하십시오.";
    INGESTS_UNFINISHED = "ingests-unfinished", Note,
        en: "{count} downloads into this store were not finished. They belong to no image.",
        do_en: "Nothing is lost: pulling the image again finishes them or begins anew.",
        ko: "이 저장소에 완료되지 않은 다운로드가 {count}개 있습니다. 어떤 이미지에도 속하지 않습니다.",
        do_ko: "손실된 것은 없습니다. 이미지를 다시 받으면 이어서 받거나 처음부터 다시 받습니다.";
    CONTAINERD_DATABASE_UNREADABLE = "containerd-database-unreadable", Damage,
        en: "containerd's database cannot be read: {reason}.",
        do_en: "containerd does not start with such a file, and Docker not without containerd. Images of Docker's classic store do not depend on it.",
        ko: "containerd의 데이터베이스를 읽을 수 없습니다: {reason}.",
        do_ko: "이 파일이 손상되면 containerd가 시작되지 않고 Docker도 시작되지 않습니다. Docker의 기존 저장소에 있는 이미지는 영향을 받지 않습니다.";
    BOLT_META_INVALID = "bolt-meta-invalid", Damage,
        en: "One of the two meta pages of this database is invalid: {reason}. The other one was used, which may show the state one change earlier.",
        do_en: "Docker and containerd open such a database too. The last change to it may be missing.",
        ko: "이 데이터베이스의 두 메타 페이지 중 하나가 올바르지 않습니다: {reason}. 다른 하나를 사용했으므로 한 단계 이전 상태일 수 있습니다.",
        do_ko: "Docker와 containerd도 이런 데이터베이스를 엽니다. 마지막 변경 내용이 빠졌을 수 있습니다.";
    BOLT_EARLIER_STATE = "bolt-earlier-state", Damage,
        en: "The newest state of this database (transaction {lost}) is damaged. The state before it (transaction {used}), which is whole, was used.",
        do_en: "The last change to this database is not in the answer.",
        ko: "이 데이터베이스의 최신 상태(트랜잭션 {lost})가 손상되어 온전한 이전 상태(트랜잭션 {used})를 사용했습니다.",
        do_ko: "이 데이터베이스의 마지막 변경 내용은 결과에 없습니다.";
    BOLT_PAGE_LOST = "bolt-page-lost", Loss,
        en: "A page of this database cannot be read: {reason}. What stands on it is not in the answer; the rest is.",
        do_en: "Docker or containerd may stop with a panic when they meet this page. Compare the list with what you expect.",
        ko: "이 데이터베이스의 페이지 하나를 읽을 수 없습니다: {reason}. 그 페이지의 내용만 결과에서 빠졌습니다.",
        do_ko: "Docker나 containerd는 이 페이지를 읽을 때 패닉으로 중단될 수 있습니다. 목록을 예상한 내용과 비교하십시오.";
    LOG_RECORD_LOST = "log-record-lost", Loss,
        en: "A record of this container's log cannot be read: {reason}. It is left out; the records before and behind it are there.",
        do_en: "A power cut leaves this at the end of a log. To see the bytes themselves, open the file (scope fs) at this offset.",
        ko: "이 컨테이너의 로그에서 기록 하나를 읽을 수 없습니다: {reason}. 그 기록만 빠지고 앞뒤 기록은 그대로 있습니다.",
        do_ko: "전원이 끊기면 로그 끝에 이런 기록이 남습니다. 바이트를 직접 보려면 파일(범위 fs)을 열어 이 위치를 확인하십시오.";
    LOG_UNREADABLE = "log-unreadable", Loss,
        en: "Part of this container's log cannot be read from the disk: {reason}. The records in it are left out; reading went on behind it.",
        do_en: "Nothing was written to the disk. If the medium itself fails, copy the whole disk file first and read the copy.",
        ko: "이 컨테이너의 로그 일부를 디스크에서 읽을 수 없습니다: {reason}. 그 부분의 기록은 빠졌으며 그 뒤부터 계속 읽었습니다.",
        do_ko: "디스크에는 아무것도 기록하지 않았습니다. 매체 자체에 문제가 있다면 먼저 디스크 파일 전체를 복사한 뒤 사본을 여십시오.";
}
