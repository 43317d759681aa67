//! What is wrong or odd.

super::texts! {
    TITLE: "Findings", "점검 결과";
    CAUSES: "What is most likely wrong", "가장 가능성이 큰 원인";
    CERTAIN: "certain", "확실함";
    LIKELY: "likely", "가능성 높음";
    POSSIBLE: "possible", "가능성 있음";
    NEXT_STEP: "What to do next", "다음에 할 일";
    ERRORS: "What you may have seen on the screen", "화면에 나왔을 수 있는 메시지";
    SOURCE: "Where this text was reported: {url}", "이 메시지가 보고된 곳: {url}";
    SIGNS: "What speaks for it", "근거";
    MORE_SIGNS: "and {n} more in the list below", "외 {n}건은 아래 목록에 있습니다";
    SEVERITY: "Weight", "심각도";
    WHAT: "What was found", "내용";
    PLACE: "Where", "위치";
    CODE: "Code", "코드";
    ADVICE: "What to do", "조치";
    EVERY_WEIGHT: "All", "전체";
    CHECK: "Look at every file", "모든 파일 점검";
    CHECK_WHY: "So far only what was needed has been read. This opens every file and directory once, which takes minutes on a large disk.", "지금까지는 필요한 부분만 읽었습니다. 모든 파일과 디렉터리를 한 번씩 열어 보며 큰 디스크에서는 몇 분이 걸립니다.";
    CHECKED: "Every file and directory was opened once.", "모든 파일과 디렉터리를 한 번씩 열어 보았습니다.";
    NONE: "Nothing wrong was found on this disk.", "이 디스크에서 발견된 문제가 없습니다.";
    NONE_YET: "Nothing wrong was found so far; reading goes on.", "지금까지 발견된 문제가 없으며 계속 읽고 있습니다.";
    COUNT: "Findings: {n}", "점검 결과: {n}건";
    EXPLAIN_LOSS: "Loss: something is not in the answer, because it could not be read.", "손실: 읽을 수 없어 결과에 포함되지 않은 것이 있습니다.";
    EXPLAIN_DAMAGE: "Damage: a structure is broken; what it describes could still be read.", "손상: 구조가 깨졌지만 그 내용은 읽을 수 있었습니다.";
    EXPLAIN_NOTE: "Note: good to know; the data is fine.", "참고: 알아 두면 좋은 사항이며 데이터에는 문제가 없습니다.";
}
