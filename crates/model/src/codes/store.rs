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
}
