//! Looking for files.

super::texts! {
    TITLE: "Find files", "파일 찾기";
    LEAD: "Looks through every image, container, volume and filesystem of the disk. What you go on to meanwhile is not held up.", "디스크의 모든 이미지, 컨테이너, 볼륨, 파일 시스템을 살펴봅니다. 찾는 동안에도 다른 화면을 볼 수 있습니다.";
    TEXT: "Name or text to find", "찾을 이름 또는 텍스트";
    HINT_NAMES: "passwd, *.sql, /etc/nginx", "passwd, *.sql, /etc/nginx";
    HINT_CONTENT: "Text in a file", "파일 안의 텍스트";
    WHAT: "Look at", "찾는 대상";
    NAMES: "File names", "파일 이름";
    CONTENT: "Text in files", "파일 내용";
    WHERE: "In", "위치";
    EVERYWHERE: "The whole disk", "디스크 전체";
    FIND: "Find", "찾기";
    STOP: "Stop", "중지";
    STARTING: "Looking …", "찾는 중…";
    LOOKING: "Looking at {subject}: {n} files so far", "{subject} 살펴보는 중: 지금까지 파일 {n}개";
    DONE: "All {n} files were looked at.", "파일 {n}개를 모두 살펴보았습니다.";
    STOPPED: "Stopped after {n} files.", "파일 {n}개를 살펴본 뒤 중지했습니다.";
    TOO_MANY: "There are more hits than are shown. Look for a longer word, or in one place.", "결과가 너무 많아 일부만 표시했습니다. 더 긴 단어로 찾거나 위치를 좁히십시오.";
    NONE_YET: "Nothing was found so far.", "아직 찾은 것이 없습니다.";
    NONE: "Nothing was found.", "찾은 것이 없습니다.";
    ASK: "Type a name or a part of it and press Enter. * stands for any characters.", "이름이나 이름의 일부를 입력하고 Enter를 누르십시오. *는 모든 문자를 뜻합니다.";
    NAME: "Name", "이름";
    FOLDER: "Directory", "디렉터리";
    SEEN_IN: "Seen in", "보이는 곳";
    FOUND: "Text", "텍스트";
    LINE: "Line", "줄";
    LAYER: "Layer", "레이어";
    HIDDEN: "{layer} (hidden in every image)", "{layer}(모든 이미지에서 가려짐)";
    BINARY: "found in a file that is not text", "텍스트가 아닌 파일에서 찾음";
    FILES_CALLED: "Find files called “{text}”", "이름이 “{text}”인 파일 찾기";
    FILES_WITH: "Find “{text}” in the files", "파일 내용에서 “{text}” 찾기";
}
