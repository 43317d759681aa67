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
    PRIVATE_POLICY: "The page's content security policy forbids it to talk to any other server than the one it came from, and no code here sends anything to that one either.", "페이지의 콘텐츠 보안 정책은 이 페이지를 제공한 서버 외의 어떤 서버와도 통신하지 못하게 하며, 그 서버로도 데이터를 보내는 코드가 없습니다.";
    PRIVATE_CHECK: "To be sure, load the page, disconnect from the network, then open your disk. Everything works the same.", "직접 확인하려면 페이지를 연 뒤 네트워크를 끊고 디스크를 여십시오. 모든 기능이 똑같이 동작합니다.";
    PRIVATE_LIMIT: "What this does not prove: that the copy of this page you loaded is an honest one, and what browser extensions do.", "이것만으로 증명되지 않는 것: 지금 연 페이지가 변조되지 않았다는 점과 브라우저 확장 프로그램의 동작입니다.";
    KEYS_TITLE: "Keys", "키보드";
    KEYS_ROWS: "Up and Down go from row to row, Home and End to the ends, Page Up and Page Down by screens.", "위아래 화살표로 행을 옮기고 Home과 End로 처음과 끝, Page Up과 Page Down으로 화면 단위로 이동합니다.";
    KEYS_ENTER: "Enter opens the row, Escape closes the details, Ctrl+C copies the row.", "Enter로 행을 열고 Escape로 상세 창을 닫으며 Ctrl+C로 행을 복사합니다.";
    KEYS_FILTER: "/ goes to the filter of a table.", "/ 키를 누르면 표의 필터로 이동합니다.";
    BUILD: "Build {build}", "빌드 {build}";
}
