//! The page where a disk is chosen.

super::texts! {
    TITLE: "See what is inside a Docker disk", "Docker 디스크 내용 보기";
    LEAD: "Docker does not start any more? Open its virtual disk here. You see the images, containers, volumes and installed packages in it, and take out what you need.", "Docker가 더 이상 시작되지 않습니까? 여기에서 가상 디스크를 열면 그 안의 이미지, 컨테이너, 볼륨, 설치된 패키지를 확인하고 필요한 것을 꺼낼 수 있습니다.";
    DROP: "Drop the disk file here, or a folder", "디스크 파일이나 폴더를 여기에 놓으십시오";
    DROP_NOW: "Let go to open it", "놓으면 열립니다";
    PICK: "Pick a file", "파일 선택";
    PICK_FOLDER: "Pick a folder", "폴더 선택";
    DEMO: "Open the demo disk", "데모 디스크 열기";
    DEMO_LOADING: "Loading the demo disk …", "데모 디스크를 불러오는 중…";
    DEMO_FAILED: "The demo disk could not be loaded ({reason}).", "데모 디스크를 불러올 수 없습니다({reason}).";
    KINDS: "VHDX, qcow2, VHD, VMDK or raw, of any size; 200 GB open as fast as 2 GB. Also tar or tar.gz of Docker's data, or a folder of it.", "VHDX, qcow2, VHD, VMDK, raw 형식을 크기에 관계없이 엽니다. 200GB도 2GB만큼 빠르게 열립니다. Docker 데이터의 tar, tar.gz 아카이브나 폴더도 열 수 있습니다.";

    SAFE_TITLE: "Nothing leaves this computer", "데이터는 이 컴퓨터를 벗어나지 않습니다";
    SAFE_TEXT: "The file is read by this page, in this tab. It is not uploaded, not copied and never written to. You can disconnect from the network now and go on.", "파일은 이 탭의 페이지가 직접 읽습니다. 업로드하거나 복사하지 않으며 파일에 아무것도 쓰지 않습니다. 지금 네트워크를 끊고 사용해도 됩니다.";
    FIRST_TITLE: "Do this first", "먼저 할 일";
    FIRST_QUIT: "Quit Docker Desktop, so that it does not change the file while it is read.", "읽는 동안 파일이 바뀌지 않도록 Docker Desktop을 종료하십시오.";
    FIRST_WSL: "On Windows, also stop WSL. Run this in a terminal; no administrator rights are needed:", "Windows에서는 WSL도 중지하십시오. 터미널에서 아래 명령을 실행하며 관리자 권한은 필요 없습니다.";
    FIRST_RESET: "Do not press “Reset to factory defaults” or “Clean / Purge data”: that deletes the disk.", "“Reset to factory defaults”나 “Clean / Purge data”를 누르지 마십시오. 디스크가 삭제됩니다.";

    WHERE_TITLE: "Where the file is", "파일 위치";
    WHERE_TIP: "In the file dialog, paste the path into the name field. The folders are hidden, but the path works.", "파일 선택 창의 이름 입력란에 경로를 붙여 넣으십시오. 숨겨진 폴더이지만 경로를 입력하면 열립니다.";
    WINDOWS: "Windows", "Windows";
    MAC: "Mac", "Mac";
    LINUX: "Linux", "Linux";
    WHERE_WSL_NEW: "Docker Desktop with WSL 2, since 4.30", "WSL 2 기반 Docker Desktop 4.30 이상";
    WHERE_WSL_OLD: "Docker Desktop with WSL 2, before 4.30", "WSL 2 기반 Docker Desktop 4.30 미만";
    WHERE_HYPERV: "Docker Desktop with Hyper-V (reading needs administrator rights)", "Hyper-V 기반 Docker Desktop(읽으려면 관리자 권한 필요)";
    WHERE_DISTRO: "Docker Engine inside a WSL distribution", "WSL 배포판 안의 Docker Engine";
    WHERE_MAC_RAW: "Docker Desktop", "Docker Desktop";
    WHERE_MAC_OLD: "Docker Desktop, old installations", "이전 버전의 Docker Desktop";
    WHERE_LINUX_DESKTOP: "Docker Desktop for Linux", "Linux용 Docker Desktop";
    WHERE_LINUX_VM: "A virtual machine: its disk (qcow2, raw, VHDX)", "가상 머신: 해당 머신의 디스크(qcow2, raw, VHDX)";
    TWO_FILES: "Two such files side by side? Docker Desktop silently makes a new, empty one when it cannot find the old one. Pick both at once to compare them.", "비슷한 파일이 두 개 있습니까? Docker Desktop은 기존 파일을 찾지 못하면 알리지 않고 빈 파일을 새로 만듭니다. 두 파일을 함께 선택하면 비교해 볼 수 있습니다.";

    FAILED_TITLE: "{name} could not be opened", "{name} 파일을 열 수 없습니다";
    FAILED_NEXT: "You can pick another file. Nothing was written to this one.", "다른 파일을 선택할 수 있습니다. 이 파일에는 아무것도 쓰지 않았습니다.";
    FAILED_CORRUPT: "Is it a copy? Compare its size with the original: a copy that was cut short cannot be opened. Then try the original, or another backup of it.", "복사본입니까? 원본과 크기를 비교하십시오. 복사가 중간에 끊긴 파일은 열 수 없습니다. 원본이나 다른 백업으로 다시 시도하십시오.";
    FAILED_IO: "Another program may hold the file. Quit Docker Desktop, on Windows run wsl --shutdown, then pick it again.", "다른 프로그램이 파일을 사용 중일 수 있습니다. Docker Desktop을 종료하고 Windows에서는 wsl --shutdown을 실행한 뒤 다시 선택하십시오.";
    FAILED_UNSUPPORTED: "This does not mean that your data is lost. Keep the file.", "데이터가 손실되었다는 뜻은 아닙니다. 파일을 보관하십시오.";
    NEEDS_TITLE: "{name} needs another file", "{name}에 다른 파일이 필요합니다";
    NEEDS_WHY: "This disk holds only part of its data. The rest is in the disk file that it was built on: pick that file too, and both are read together. Nothing is written to either of them.", "이 디스크에는 데이터의 일부만 들어 있으며 나머지는 원본 디스크 파일에 있습니다. 그 파일도 선택하면 두 파일을 함께 읽습니다. 어느 파일에도 쓰지 않습니다.";
    NEEDS_NO_NAME: "Its name is not recorded", "파일 이름이 기록되어 있지 않음";
    NEEDS_PATHS: "Where it was", "기록된 위치";
    NEEDS_IDENTITY: "Its identity", "식별자";
    NEEDS_AT_HAND: "Picked so far", "지금까지 선택";
    NEEDS_REASON: "In detail", "자세히";
    NEEDS_PICK: "Pick {name}", "{name} 선택";
    NEEDS_PICK_UNKNOWN: "Pick that file", "해당 파일 선택";
    NEEDS_OTHER: "Open another disk instead", "다른 디스크 열기";
    STOPPED_TITLE: "Opening {name} was stopped", "{name} 열기를 중지했습니다";
}
