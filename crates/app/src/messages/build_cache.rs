//! The build cache.

super::texts! {
    TITLE: "Build cache", "빌드 캐시";
    NONE: "No build left anything in the cache.", "캐시에 남은 빌드가 없습니다.";
    STEP: "Built by", "만든 단계";
    KIND: "Kind", "종류";
    USES: "Uses", "사용";
    LAST_USED: "Last used", "마지막 사용";
    STATE: "State", "상태";
    IN_USE: "in use", "사용 중";
    SHARED: "shared with an image", "이미지와 공유";
    FREE: "can be freed", "삭제 가능";
    PARENTS: "Built upon", "기반";
    BUILDS: "Builds that are remembered", "기록된 빌드";
    BUILD: "Build", "빌드";
    STEPS: "Steps (cached)", "단계(캐시)";
    FAILED: "Error", "오류";
}
