//! Images and their layers.

super::texts! {
    TITLE: "Images", "이미지";
    NAME: "Name", "이름";
    ID: "Id", "ID";
    CREATED: "Created", "생성";
    SIZE: "Size", "크기";
    LAYERS: "Layers", "레이어";
    STATE: "State", "상태";
    PLATFORM: "Platform", "플랫폼";
    REGISTRY: "Registry", "레지스트리";
    REGISTRY_KNOWN: "known", "있음";
    REGISTRY_LAYERS: "layers only", "레이어만";
    REGISTRY_LOCAL: "only here", "여기에만";
    REGISTRY_ONLY_HERE: "no registry that Docker knew of has it: this disk has the only copy", "Docker가 아는 레지스트리에 없으며 이 디스크에만 있습니다";
    STORE: "Store", "저장소";
    NAMES: "Names", "이름";
    DIGESTS: "Repository digests", "저장소 다이제스트";
    CONFIG_DIGEST: "Configuration", "구성";
    INTERMEDIATE: "Show intermediate images", "중간 이미지 표시";
    WHOLE: "whole", "온전함";
    DAMAGED: "damaged", "손상됨";
    INCOMPLETE: "incomplete", "불완전함";
    STATE_HIDDEN: "{state}, hidden", "{state}, 숨겨짐";
    MISSING: "missing", "없음";
    KIND_TAGGED: "tagged", "태그 있음";
    KIND_DIGEST: "by digest only", "다이제스트만 있음";
    KIND_DANGLING: "dangling", "댕글링";
    KIND_INTERMEDIATE: "intermediate", "중간 단계";
    HIDDEN: "Docker would not list it", "Docker 목록에 나오지 않음";
    HIDDEN_BROKEN: "a layer of its chain is gone or unreadable", "체인의 레이어가 없거나 읽을 수 없음";
    HIDDEN_CONFIG: "its configuration is invalid", "구성이 올바르지 않음";
    HIDDEN_STORE: "it lies in the store the engine does not use", "엔진이 사용하지 않는 저장소에 있음";
    HIDDEN_NAME: "no database names it", "이름을 기록한 데이터베이스가 없음";
    HISTORY: "History", "이력";
    STEP_EMPTY: "no layer", "레이어 없음";
    LAYER: "Layer {n}", "레이어 {n}";
    INSPECT: "Inspect", "Inspect";
    SEE_PACKAGES: "Packages", "패키지";
}
