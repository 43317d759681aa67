//! What this is and what it promises.

super::texts! {
    TITLE: "About Careen", "Careen 정보";
    WHAT: "To careen a ship is to lay her on her side and look at what is below the waterline. Careen does that with the virtual disk of a Docker that no longer starts.", "careen은 배를 옆으로 눕혀 물에 잠겨 있던 부분을 살피는 일을 뜻합니다. Careen은 더 이상 시작되지 않는 Docker의 가상 디스크에 대해 같은 일을 합니다.";
    READS_TITLE: "What it reads", "읽을 수 있는 것";
    READS_DISKS: "VHDX, VHD, qcow2, VMDK and raw disks, with MBR, GPT or no partition table; archives (tar, tar.gz) and folders of a data root.", "VHDX, VHD, qcow2, VMDK, raw 디스크를 MBR, GPT, 파티션 없음에 관계없이 읽으며, 데이터 루트의 압축 파일(tar, tar.gz)과 폴더도 읽습니다.";
    READS_FILESYSTEMS: "ext2, ext3 and ext4. A journal that waits is replayed in memory.", "ext2, ext3, ext4를 읽으며 남아 있는 저널은 메모리에서 재생합니다.";
    READS_STORES: "Docker's classic store and containerd's: images, containers, volumes, networks, with deleted files kept deleted.", "Docker의 기존 저장소와 containerd 저장소에 있는 이미지, 컨테이너, 볼륨, 네트워크를 읽고 삭제된 파일은 삭제된 것으로 처리합니다.";
    READS_PACKAGES: "Packages of each image: apt, apk, rpm, pacman; Python and conda; npm, composer, gem, R, Java, .NET, Julia, Lua, Perl; what Go and Rust programs were built from; the system beneath, and programs that tell their own version.", "이미지별 패키지: apt, apk, rpm, pacman, Python과 conda, npm, composer, gem, R, Java, .NET, Julia, Lua, Perl, Go와 Rust 프로그램에 포함된 모듈, 기반 시스템, 자체 버전 파일이 있는 프로그램.";

    PRIVATE_TITLE: "What is promised", "약속";
    PRIVATE_READ_ONLY: "A browser gives a page a picked file for reading only. Careen cannot write to it.", "브라우저는 선택한 파일을 읽기 전용으로만 페이지에 제공합니다. Careen은 파일에 쓸 수 없습니다.";
    PRIVATE_POLICY: "Before the first byte of a disk is read, the page seals its content security policy: from then on the browser refuses every request of the page and of the workers that read the disk, to any server, its own included. Such a seal cannot be taken back before a reload. WebRTC, which no policy covers, is removed.", "디스크의 첫 바이트를 읽기 전에 페이지는 콘텐츠 보안 정책을 잠급니다. 그때부터 브라우저는 페이지와 디스크를 읽는 워커가 보내는 모든 요청을 자신의 서버로 가는 것까지 거부합니다. 이 잠금은 새로 고치기 전에는 풀 수 없습니다. 정책이 다루지 않는 WebRTC는 제거합니다.";
    PRIVATE_SERVICE: "The service worker keeps the page's own files and hands downloads to the browser. It asks the server for the files of the page and for nothing else, and never gets a disk.", "서비스 워커는 페이지 자체의 파일을 보관하고 다운로드를 브라우저에 넘깁니다. 서버에는 페이지의 파일만 요청하며 디스크는 받지 않습니다.";
    CHECK_TITLE: "How to check", "확인하는 방법";
    CHECK_PLUG: "Load the page, wait for “Sealed” below, disconnect from the network, then open your disk. Everything works the same.", "페이지를 열고 아래에 “차단됨”이 표시되면 네트워크를 끊은 뒤 디스크를 여십시오. 모든 기능이 똑같이 동작합니다.";
    CHECK_TOOLS: "Or press F12 and look at “Network” while you use it: the list stays empty.", "또는 F12를 누르고 사용하는 동안 “네트워크” 탭을 보십시오. 목록이 비어 있어야 합니다.";
    LIMIT_TITLE: "What this does not prove", "이것만으로 증명되지 않는 것";
    LIMIT_COPY: "That the copy of this page you loaded is an honest one. Build it yourself, or use the single file below from a source you trust.", "지금 연 페이지가 변조되지 않았다는 점. 직접 빌드하거나 신뢰하는 곳에서 받은 아래의 단일 파일을 사용하십시오.";
    LIMIT_BROWSER: "What the browser itself and its extensions do. The browser looks for a newer build when the page is opened.", "브라우저 자체와 확장 프로그램의 동작. 브라우저는 페이지를 열 때 새 빌드가 있는지 확인합니다.";
    LIMIT_LINKS: "A policy does not stop a page from leading you to another one. Careen leads nowhere; a link here goes nowhere but to this page.", "정책은 다른 페이지로의 이동까지 막지는 않습니다. Careen은 어디로도 이동시키지 않으며 이곳의 링크는 모두 이 페이지를 가리킵니다.";

    NOW_TITLE: "This page now", "이 페이지의 현재 상태";
    NOW_SEALED: "Sealed: no server can be reached", "차단됨: 어떤 서버에도 접속할 수 없음";
    NOW_OPEN: "Not sealed yet: it will be before a disk is read", "아직 차단 전: 디스크를 읽기 전에 차단됨";
    NOW_READY: "Kept by the browser: it starts without network", "브라우저에 저장됨: 네트워크 없이 시작";
    NOW_PREPARING: "Being kept for use without network …", "네트워크 없이 쓸 수 있도록 저장하는 중…";
    NOW_NOT_KEPT: "Not kept by the browser: it needs the network to start", "브라우저에 저장되지 않음: 시작할 때 네트워크 필요";
    NOW_SINGLE: "The single file: everything is in it. Files are saved through the browser's dialog or out of memory, since a page opened from a file gets no service worker; a newer build has to be fetched by hand.", "단일 파일: 모든 것이 들어 있습니다. 파일에서 연 페이지에는 서비스 워커가 없으므로 저장은 브라우저의 대화 상자나 메모리를 통하며, 새 빌드는 직접 받아야 합니다.";
    INSTALL: "Install Careen", "Careen 설치";
    SINGLE: "Careen as a single file, to keep and open by double click", "보관해 두고 두 번 클릭하여 여는 단일 파일 Careen";
    LICENSES: "Licenses of everything in it", "포함된 모든 구성 요소의 라이선스";

    KEYS_TITLE: "Keys", "키보드";
    KEYS_ROWS: "Up and Down go from row to row, Home and End to the ends, Page Up and Page Down by screens.", "위아래 화살표로 행을 옮기고 Home과 End로 처음과 끝, Page Up과 Page Down으로 화면 단위로 이동합니다.";
    KEYS_ENTER: "Enter opens the row, Escape closes the details, Ctrl+C copies the row.", "Enter로 행을 열고 Escape로 상세 창을 닫으며 Ctrl+C로 행을 복사합니다.";
    KEYS_FILTER: "/ goes to the filter of a table.", "/ 키를 누르면 표의 필터로 이동합니다.";
    BUILD: "Build {build}", "빌드 {build}";
}
