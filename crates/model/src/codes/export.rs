//! Findings about what is taken out of a disk. They are told by the export itself and in its manifest.

super::codes! {
    EXPORT_LEFT_OUT = "export-left-out", Loss,
        en: "{name} is not in the archive, since it cannot be read: {reason}.",
        do_en: "Export it again with gaps (--on-damage gaps) if a part of it is better than nothing.",
        ko: "{name}을(를) 읽을 수 없어 아카이브에 넣지 않았습니다: {reason}.",
        do_ko: "일부라도 필요하면 빈 구간을 허용하여(--on-damage gaps) 다시 내보내십시오.";
    EXPORT_GAPS = "export-gaps", Loss,
        en: "{count} bytes of {name} cannot be read ({reason}). In the archive zeros stand in their place; the manifest says where.",
        do_en: "Do not use this file as if it were whole: check it with the program that wrote it, or look for a backup.",
        ko: "{name}의 {count}바이트를 읽을 수 없습니다({reason}). 아카이브에는 그 자리에 0이 들어 있으며 위치는 매니페스트에 나옵니다.",
        do_ko: "온전한 파일처럼 사용하지 마십시오. 파일을 만든 프로그램으로 확인하거나 백업을 찾아보십시오.";
    EXPORT_WITHOUT_ATTRIBUTES = "export-without-attributes", Loss,
        en: "{name} is in the archive without its extended attributes, which cannot be read: {reason}.",
        do_en: "Its content is whole. Capabilities, access lists and labels may have to be set again.",
        ko: "{name}의 확장 속성을 읽을 수 없어 속성 없이 아카이브에 넣었습니다: {reason}.",
        do_ko: "내용은 온전합니다. capability, 접근 제어 목록, 레이블은 다시 설정해야 할 수 있습니다.";
    EXPORT_NOT_HELD = "export-not-held", Note,
        en: "{name} is not in the archive: {reason}.",
        do_en: "Nothing is lost: programs make their sockets anew when they start, and a tar archive holds every other kind.",
        ko: "{name}은(는) 아카이브에 넣지 않았습니다: {reason}.",
        do_ko: "손실은 없습니다. 소켓은 프로그램이 시작할 때 새로 만들며 다른 종류는 tar 아카이브에 모두 담깁니다.";
    EXPORT_RENAMED = "export-renamed", Note,
        en: "{name} is called {new} in the archive, a name that every system can unpack.",
        do_en: "Its content is the same. The manifest has both names; a tar archive keeps the one on the disk.",
        ko: "{name}은(는) 아카이브에서 모든 시스템이 풀 수 있는 이름인 {new}(으)로 바뀌었습니다.",
        do_ko: "내용은 같습니다. 매니페스트에 두 이름이 모두 있으며 tar 아카이브는 디스크의 이름을 그대로 둡니다.";
    EXPORT_LAYER_REBUILT = "export-layer-rebuilt", Damage,
        en: "The layer {layer} of the image {image} cannot be given as it was packed ({reason}). It was made anew from its files: its digest, the image's configuration and id are others.",
        do_en: "The image can be loaded and run. Where a registry still has it, pull it instead.",
        ko: "이미지 {image}의 레이어 {layer}을(를) 원래의 바이트 그대로 만들 수 없습니다({reason}). 파일로부터 다시 만들었으므로 다이제스트와 이미지의 구성, ID가 달라집니다.",
        do_ko: "이미지는 불러와 실행할 수 있습니다. 레지스트리에 남아 있다면 그곳에서 받으십시오.";
    LAYER_FROM_COPY = "layer-from-copy", Damage,
        en: "The layer {layer} is damaged in its store ({reason}), but another copy on this disk has its very bytes: {copy}. It is given from there.",
        do_en: "Nothing of it is lost: its digest is proven.",
        ko: "레이어 {layer}은(는) 저장소에서 손상되었지만({reason}) 이 디스크의 다른 사본이 원래의 바이트를 그대로 가지고 있어 그것을 사용합니다: {copy}.",
        do_ko: "손실은 없습니다. 다이제스트로 확인되었습니다.";
    EXPORT_IMAGE_ID = "export-image-id", Note,
        en: "The image {image} has the id {id} in the archive.",
        do_en: "An image's id is the digest of its configuration, which names its layers. What refers to the old id has to be changed.",
        ko: "이미지 {image}은(는) 아카이브에서 ID가 {id}입니다.",
        do_ko: "이미지의 ID는 레이어를 나열한 구성의 다이제스트입니다. 이전 ID를 참조하는 곳은 바꿔야 합니다.";
    EXPORT_IMAGE_LEFT_OUT = "export-image-left-out", Loss,
        en: "The image {image} is not in the archive: {reason}.",
        do_en: "Its other layers can still be taken out as files (scope layer: or image:, format tar).",
        ko: "이미지 {image}은(는) 아카이브에 없습니다: {reason}.",
        do_ko: "나머지 레이어는 파일로 꺼낼 수 있습니다(범위 layer: 또는 image:, 형식 tar).";
    EXPORT_ZSTD = "export-zstd", Note,
        en: "The image {image} has layers packed with zstd, as its store has them. Docker Engine 20.10 and older cannot load them.",
        do_en: "Load it into a newer engine, or take a move kit (careen kit), in which such layers are unpacked.",
        ko: "이미지 {image}에는 저장소에 있는 그대로 zstd로 압축된 레이어가 있습니다. Docker Engine 20.10 이하에서는 불러올 수 없습니다.",
        do_ko: "더 새로운 엔진에서 불러오거나 이런 레이어를 풀어 담는 이전 키트(careen kit)를 사용하십시오.";
    KIT_LEFT_OUT = "kit-left-out", Loss,
        en: "{name} is not in the kit: {reason}.",
        do_en: "Look at what is there of it (careen inspect, careen ls), and take out by itself what can be read.",
        ko: "{name}은(는) 키트에 없습니다: {reason}.",
        do_ko: "남아 있는 부분을 확인하고(careen inspect, careen ls) 읽을 수 있는 것만 따로 꺼내십시오.";
    REBUILD_LEFT_OUT = "rebuild-left-out", Loss,
        en: "{name} could not be written: {reason}.",
        do_en: "The Dockerfile beside it needs it: put it there from a backup, or take the line out.",
        ko: "{name}을(를) 쓰지 못했습니다: {reason}.",
        do_ko: "옆에 있는 Dockerfile에 필요한 파일입니다. 백업에서 가져다 두거나 해당 줄을 지우십시오.";
    READERS_DIFFER = "readers-differ", Damage,
        en: "Two independent readers do not agree about {path}: {reason}.",
        do_en: "Take the file out and check it with the program that wrote it. Please tell us of it: one of the readers is wrong.",
        ko: "서로 독립적인 두 판독기의 결과가 {path}에서 다릅니다: {reason}.",
        do_ko: "파일을 꺼내 그것을 만든 프로그램으로 확인하십시오. 둘 중 하나가 틀린 것이므로 알려 주십시오.";
    KIT_CHANGES_ONLY = "kit-changes-only", Damage,
        en: "The container {name} cannot be made an image ({reason}). The files that it changed are in the kit as an archive.",
        do_en: "Make a container from its image where that is known, and unpack the archive into it (docker cp).",
        ko: "컨테이너 {name}을(를) 이미지로 만들 수 없습니다({reason}). 바뀐 파일은 아카이브로 키트에 들어 있습니다.",
        do_ko: "이미지를 알 수 있으면 그 이미지로 컨테이너를 만들고 아카이브를 풀어 넣으십시오(docker cp).";
    LAYER_NOT_EXACT = "layer-not-exact", Damage,
        en: "The layer {layer} can only be made anew from its files: {reason}.",
        do_en: "Its files are there. An archive of the image will have another digest for this layer, and another image id.",
        ko: "레이어 {layer}은(는) 파일로부터 다시 만들 수만 있습니다: {reason}.",
        do_ko: "파일은 남아 있습니다. 이미지 아카이브에서는 이 레이어의 다이제스트와 이미지 ID가 달라집니다.";
    LAYER_FILES_DAMAGED = "layer-files-damaged", Loss,
        en: "{count} files of the layer {layer} are not as they were when it was packed; the first is {path}: {reason}.",
        do_en: "All other files of it are proven. Take the damaged ones from another copy, or pull the image again where a registry has it.",
        ko: "레이어 {layer}의 파일 {count}개가 만들 때와 다릅니다. 첫 번째는 {path}입니다: {reason}.",
        do_ko: "나머지 파일은 모두 확인되었습니다. 손상된 파일은 다른 사본에서 가져오거나 레지스트리에서 이미지를 다시 받으십시오.";
    LAYER_GONE = "layer-gone", Loss,
        en: "The files of the layer {layer} are not there: {reason}.",
        do_en: "Images with this layer cannot be loaded again from this disk. Pull them where a registry has them.",
        ko: "레이어 {layer}의 파일이 없습니다: {reason}.",
        do_ko: "이 레이어를 쓰는 이미지는 이 디스크에서 다시 불러올 수 없습니다. 레지스트리에 있다면 그곳에서 받으십시오.";
    BLOB_GONE = "blob-gone", Loss,
        en: "The blob {blob} is recorded by containerd, but {reason}.",
        do_en: "Images that need it cannot be had to the byte from this disk. Pull them where a registry has them.",
        ko: "블롭 {blob}은(는) containerd의 기록에 있지만 읽을 수 없습니다: {reason}.",
        do_ko: "이 블롭이 필요한 이미지는 이 디스크에서 원본 그대로 얻을 수 없습니다. 레지스트리에 있다면 그곳에서 받으십시오.";
    BLOB_DAMAGED = "blob-damaged", Damage,
        en: "The bytes of the blob {blob} are not those that its name was computed from: {reason}.",
        do_en: "Do not rely on what it says. If the image can be pulled again, take the blob from there.",
        ko: "블롭 {blob}의 내용이 이름을 계산할 때의 내용과 다릅니다: {reason}.",
        do_ko: "내용을 그대로 믿지 마십시오. 이미지를 다시 받을 수 있다면 거기서 블롭을 가져오십시오.";
    EXPORT_BLOB_BAD = "export-blob-bad", Damage,
        en: "The image {image} cannot be given as the content store has it ({reason}). It is put together of its unpacked layers instead, so its manifest is another.",
        do_en: "Layers whose digest is proven are the same; those that are not are told one by one.",
        ko: "이미지 {image}을(를) 콘텐츠 저장소에 있는 그대로 내보낼 수 없습니다({reason}). 풀린 레이어로 다시 구성하므로 매니페스트가 달라집니다.",
        do_ko: "다이제스트가 확인된 레이어는 동일하며 그렇지 않은 레이어는 하나씩 표시합니다.";
}
