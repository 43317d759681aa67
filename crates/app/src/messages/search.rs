//! Searching everything.

super::texts! {
    SEARCH: "Search", "검색";
    KEYS: "Ctrl K", "Ctrl K";
    TITLE: "Search everything", "모두 검색";
    PLACEHOLDER: "Name, id or word", "이름, ID 또는 단어";
    NOTHING: "Nothing is called that.", "그런 이름이 없습니다.";
    HINT: "Images, containers, volumes, networks, packages, findings and files of the open disk, and the pages.", "열린 디스크의 이미지, 컨테이너, 볼륨, 네트워크, 패키지, 점검 결과, 파일과 각 화면을 찾습니다.";
    MORE: "There are more; type on to narrow it down.", "결과가 더 있습니다. 더 입력해 범위를 좁히십시오.";
    FILES: "Files", "파일";
    PAGE: "Page", "화면";
    IMAGE: "Image", "이미지";
    CONTAINER: "Container", "컨테이너";
    VOLUME: "Volume", "볼륨";
    NETWORK: "Network", "네트워크";
    PACKAGE: "Package", "패키지";
    FINDING: "Finding", "점검 결과";
}
