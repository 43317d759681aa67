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
    SAFE_TEXT: "The file is read by this page, in this tab. It is not uploaded, not copied and never written to.", "파일은 이 탭의 페이지가 직접 읽습니다. 업로드하거나 복사하지 않으며 파일에 아무것도 쓰지 않습니다.";
    SAFE_SEALED: "Sealed: the page can reach no server any more, not even its own. Disconnect from the network and go on, to be sure.", "차단됨: 이제 이 페이지는 자신의 서버를 포함해 어떤 서버에도 접속할 수 없습니다. 직접 확인하려면 네트워크를 끊고 계속하십시오.";
    SAFE_PREPARING: "The page is being kept for use without network. Then it seals itself.", "네트워크 없이 쓸 수 있도록 페이지를 저장하고 있습니다. 저장이 끝나면 스스로 모든 접속을 차단합니다.";
    SAFE_LATER: "Right before a disk is read, the page seals itself: from then on it can reach no server, not even its own.", "디스크를 읽기 직전에 페이지가 스스로 모든 접속을 차단합니다. 그때부터는 자신의 서버에도 접속할 수 없습니다.";
    SAFE_MORE: "How to check this", "직접 확인하는 방법";
    FIRST_TITLE: "Do this first", "먼저 할 일";
    FIRST_QUIT: "Quit Docker Desktop, so that it does not change the file while it is read.", "읽는 동안 파일이 바뀌지 않도록 Docker Desktop을 종료하십시오.";
    FIRST_WSL: "On Windows, also stop WSL. Run this in a terminal; no administrator rights are needed:", "Windows에서는 WSL도 중지하십시오. 터미널에서 아래 명령을 실행하며 관리자 권한은 필요 없습니다.";
    FIRST_RESET: "Do not press “Reset to factory defaults” or “Clean / Purge data”: that deletes the disk.", "“Reset to factory defaults”나 “Clean / Purge data”를 누르지 마십시오. 디스크가 삭제됩니다.";

    WHERE_TITLE: "Where the file is", "파일 위치";
    WHERE_OTHERS: "On another system", "다른 운영 체제";
    WINDOWS: "Windows", "Windows";
    MAC: "Mac", "Mac";
    LINUX: "Linux", "Linux";
    TIP_WINDOWS: "Copy the path, press “Pick a file”, paste it into the “File name” field and press Enter. AppData is hidden in the dialog, but the path works.", "경로를 복사한 뒤 “파일 선택”을 누르고 “파일 이름” 입력란에 붙여 넣어 Enter를 누르십시오. 대화 상자에서 AppData는 숨겨져 있지만 경로를 입력하면 열립니다.";
    TIP_MAC: "Copy the path, press “Pick a file”, then Shift+Command+G, paste it and press Return. Library is hidden in the dialog, but the path works.", "경로를 복사한 뒤 “파일 선택”을 누르고 Shift+Command+G를 눌러 붙여 넣은 다음 Return을 누르십시오. 대화 상자에서 Library는 숨겨져 있지만 경로를 입력하면 열립니다.";
    TIP_LINUX: "Copy the path, press “Pick a file”, then Ctrl+L, paste it and press Enter. Folders that begin with a dot are hidden, but the path works.", "경로를 복사한 뒤 “파일 선택”을 누르고 Ctrl+L을 눌러 붙여 넣은 다음 Enter를 누르십시오. 점으로 시작하는 폴더는 숨겨져 있지만 경로를 입력하면 열립니다.";
    WHERE_WSL_NEW: "Docker Desktop with WSL 2, since 4.30", "WSL 2 기반 Docker Desktop 4.30 이상";
    WHERE_WSL_OLD: "Docker Desktop with WSL 2, before 4.30", "WSL 2 기반 Docker Desktop 4.30 미만";
    WHERE_HYPERV: "Docker Desktop with Hyper-V (reading needs administrator rights)", "Hyper-V 기반 Docker Desktop(읽으려면 관리자 권한 필요)";
    WHERE_HYPERV_OLD: "The same, before 2019", "2019년 이전 Hyper-V 기반 Docker Desktop";
    WHERE_DISTRO: "Docker Engine inside a WSL distribution: ext4.vhdx in the folder that this PowerShell command prints", "WSL 배포판 안의 Docker Engine: 다음 PowerShell 명령이 출력하는 폴더의 ext4.vhdx";
    WHERE_MAC_RAW: "Docker Desktop", "Docker Desktop";
    WHERE_MAC_OLD: "Docker Desktop, old installations", "이전 버전의 Docker Desktop";
    WHERE_LINUX_DESKTOP: "Docker Desktop for Linux", "Linux용 Docker Desktop";
    WHERE_LINUX_ENGINE: "Docker Engine without virtual machine: the folder itself, or a tar of it made as root", "가상 머신 없는 Docker Engine: 해당 폴더 자체 또는 root로 만든 tar";
    WHERE_LINUX_VM: "A virtual machine: its disk (qcow2, raw, VHDX)", "가상 머신: 해당 머신의 디스크(qcow2, raw, VHDX)";
    TWO_FILES: "Two such files side by side? Docker Desktop silently makes a new, empty one when it cannot find the old one. Pick both at once to compare them.", "비슷한 파일이 두 개 있습니까? Docker Desktop은 기존 파일을 찾지 못하면 알리지 않고 빈 파일을 새로 만듭니다. 두 파일을 함께 선택하면 비교해 볼 수 있습니다.";

    HURDLES_TITLE: "If the dialog refuses", "파일이 선택되지 않을 때";
    HURDLE_IN_USE: "“The file is in use”: Docker Desktop or WSL still holds it (vmmemWSL, vmwp or com.docker.backend in the Task Manager). Quit Docker from its whale icon, run wsl --shutdown, wait ten seconds. If that does not help, restart the computer and do not start Docker.", "“파일이 사용 중입니다”: Docker Desktop이나 WSL이 파일을 잡고 있습니다(작업 관리자의 vmmemWSL, vmwp, com.docker.backend). 고래 아이콘에서 Docker를 종료하고 wsl --shutdown을 실행한 뒤 10초쯤 기다리십시오. 그래도 안 되면 컴퓨터를 다시 시작하고 Docker는 실행하지 마십시오.";
    HURDLE_RIGHTS: "“You do not have permission”: files below ProgramData belong to the administrators. Have one of them copy the file to a folder of yours; the copy is as good.", "“권한이 없습니다”: ProgramData 아래의 파일은 관리자 소유입니다. 관리자에게 파일을 내 폴더로 복사해 달라고 하십시오. 복사본이어도 결과는 같습니다.";
    HURDLE_MISSING: "“File not found”: the disk may have been moved. In Docker Desktop's settings, “Resources”, “Disk image location” names the folder.", "“파일을 찾을 수 없습니다”: 디스크를 다른 곳으로 옮겼을 수 있습니다. Docker Desktop 설정의 “Resources”, “Disk image location”에서 폴더를 확인하십시오.";

    FAILED_TITLE: "{name} could not be opened", "{name} 파일을 열 수 없습니다";
    FAILED_NEXT: "You can pick another file. Nothing was written to this one.", "다른 파일을 선택할 수 있습니다. 이 파일에는 아무것도 쓰지 않았습니다.";
    FAILED_CORRUPT: "Is it a copy? Compare its size with the original: a copy that was cut short cannot be opened. Then try the original, or another backup of it.", "복사본입니까? 원본과 크기를 비교하십시오. 복사가 중간에 끊긴 파일은 열 수 없습니다. 원본이나 다른 백업으로 다시 시도하십시오.";
    FAILED_WORKER: "This says nothing about your disk. Most often the browser had no memory left for reading it: close other tabs and programs, then pick the file again. The careen command reads the same disk without a browser.", "디스크가 손상되었다는 뜻은 아닙니다. 대개 브라우저에 읽기 작업을 위한 메모리가 부족한 경우입니다. 다른 탭과 프로그램을 닫은 뒤 파일을 다시 선택하십시오. careen 명령을 쓰면 브라우저 없이 같은 디스크를 읽을 수 있습니다.";
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
