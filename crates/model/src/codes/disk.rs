//! Findings of the `disk` crate.

super::codes! {
    VHDX_IDENTIFIER = "vhdx-identifier", Damage,
        en: "The file identifier at the start of the VHDX file is damaged; the file was recognized by its headers and region tables.",
        do_en: "The data is not affected. Windows may refuse to attach this file; copy what you need out of it with Careen first.",
        ko: "VHDX 파일 맨 앞의 파일 식별자가 손상되었습니다. 헤더와 영역 테이블로 VHDX임을 확인했습니다.",
        do_ko: "데이터에는 영향이 없습니다. Windows가 이 파일의 연결을 거부할 수 있으니 필요한 데이터를 Careen으로 먼저 꺼내십시오.";
    VHDX_HEADER = "vhdx-header", Damage,
        en: "This header of the VHDX file is bad: {reason}. The other header was used.",
        do_en: "The data is not affected: a VHDX file keeps two headers for this case. Make a copy of the file before anything writes to it.",
        ko: "VHDX 파일의 이 헤더가 잘못되었습니다: {reason}. 다른 헤더를 사용했습니다.",
        do_ko: "데이터에는 영향이 없습니다. VHDX 파일은 이런 경우를 위해 헤더를 두 개 둡니다. 다른 프로그램이 파일에 쓰기 전에 복사본을 만드십시오.";
    VHDX_HEADERS = "vhdx-headers", Damage,
        en: "Both headers of the VHDX file are bad: {reason}. It was read by its region tables; whether its log still held writes is unknown, and the log was taken as empty.",
        do_en: "Nearly all data is as it was. If Docker was writing when the disk broke, the last changes may be missing or half done. Windows and Docker Desktop refuse such a file: export what you need from here.",
        ko: "VHDX 파일의 두 헤더가 모두 잘못되었습니다: {reason}. 영역 테이블로 읽었으며, 로그에 아직 반영되지 않은 쓰기가 있었는지 알 수 없어 로그는 비어 있는 것으로 보았습니다.",
        do_ko: "데이터는 거의 모두 그대로입니다. 디스크가 손상될 때 Docker가 쓰는 중이었다면 마지막 변경이 빠지거나 일부만 반영되었을 수 있습니다. Windows와 Docker Desktop은 이런 파일을 열지 않으므로 필요한 데이터를 여기서 내보내십시오.";
    VHDX_HEADERS_LOG = "vhdx-headers-log", Damage,
        en: "Both headers of the VHDX file are bad: {reason}. One of them still names a log, and the log's own checksums show that it is whole: it was replayed in memory.",
        do_en: "Nearly all data is as it was. Windows and Docker Desktop refuse such a file: export what you need from here.",
        ko: "VHDX 파일의 두 헤더가 모두 잘못되었습니다: {reason}. 한 헤더에 로그의 위치가 남아 있고 로그 자체의 체크섬이 맞아 메모리에서 로그를 반영했습니다.",
        do_ko: "데이터는 거의 모두 그대로입니다. Windows와 Docker Desktop은 이런 파일을 열지 않으므로 필요한 데이터를 여기서 내보내십시오.";
    VHDX_LOG_REPLAYED = "vhdx-log-replayed", Note,
        en: "The VHDX file was not closed cleanly: its log still held writes on their way to their place ({entries} entries, {writes} changes). They were put in place in memory; the file was not changed.",
        do_en: "Nothing is lost. Windows does the same, on the file itself, when the disk is attached; programs that open the file read-only refuse it. Copy the file before anything writes to it.",
        ko: "VHDX 파일이 정상적으로 닫히지 않아 로그에 제자리에 기록되지 않은 쓰기(항목 {entries}개, 변경 {writes}개)가 남아 있었습니다. 메모리에서만 반영했으며 파일은 바꾸지 않았습니다.",
        do_ko: "손실은 없습니다. Windows는 디스크를 연결할 때 같은 작업을 파일에 직접 수행하며, 읽기 전용으로 여는 프로그램은 이 파일을 거부합니다. 다른 프로그램이 파일에 쓰기 전에 복사본을 만드십시오.";
    VHDX_LOG_TORN = "vhdx-log-torn", Note,
        en: "The newest entries of the VHDX log ({count}) had not been written to their end when the power or the program stopped. They were left out, as the standard says.",
        do_en: "This is normal after a power cut: what such an entry was to change has not been changed yet.",
        ko: "VHDX 로그의 가장 새로운 항목 {count}개는 전원이나 프로그램이 멈출 때 끝까지 기록되지 않았습니다. 표준에 따라 제외했습니다.",
        do_ko: "전원이 끊긴 뒤에는 정상적인 상태입니다. 이런 항목이 바꾸려던 내용은 아직 바뀌지 않았습니다.";
    VHDX_LOG_BROKEN = "vhdx-log-broken", Damage,
        en: "The VHDX log is damaged in its middle: {count} newer entries are whole, but one before them is not, so they were left out.",
        do_en: "The last changes to where blocks lie may be missing or half done. Filesystem checksums and image digests tell which files are concerned. Work on a copy of the file.",
        ko: "VHDX 로그의 중간이 손상되었습니다. 더 새로운 항목 {count}개는 온전하지만 그 앞의 항목이 손상되어 제외했습니다.",
        do_ko: "블록 위치에 대한 마지막 변경이 빠졌거나 일부만 반영되었을 수 있습니다. 어떤 파일이 해당하는지는 파일 시스템 체크섬과 이미지 다이제스트로 알 수 있습니다. 파일의 복사본으로 작업하십시오.";
    VHDX_LOG_UNREADABLE = "vhdx-log-unreadable", Damage,
        en: "The VHDX file says its log holds writes that have not reached their place, but the log cannot be replayed: {reason}. The disk was read without it.",
        do_en: "Most data is as it was; the last changes may be missing or half done. Windows refuses such a file: export what you need from here, and keep the file as it is.",
        ko: "VHDX 파일의 로그에 제자리에 기록되지 않은 쓰기가 있다고 되어 있지만 로그를 반영할 수 없습니다: {reason}. 로그 없이 디스크를 읽었습니다.",
        do_ko: "데이터는 대부분 그대로이지만 마지막 변경이 빠졌거나 일부만 반영되었을 수 있습니다. Windows는 이런 파일을 열지 않습니다. 필요한 데이터를 여기서 내보내고 파일은 그대로 두십시오.";
    VHDX_LOG_GROWTH = "vhdx-log-growth", Note,
        en: "The VHDX log makes the file {bytes} bytes longer: the writer stopped before the file had grown to the size in its log. What was never written there reads as zeros, as it does in Windows.",
        do_en: "Nothing needs to be done: data that had been written for good does not lie there.",
        ko: "VHDX 로그에 따르면 파일은 {bytes}바이트 더 길어야 합니다. 파일이 로그에 적힌 크기로 늘어나기 전에 쓰기가 멈췄습니다. 기록된 적이 없는 부분은 Windows에서와 같이 0으로 읽힙니다.",
        do_ko: "따로 할 일은 없습니다. 확실히 기록된 데이터는 이 부분에 있지 않습니다.";
    VHDX_CUT = "vhdx-file-cut", Damage,
        en: "The VHDX file has {length} bytes, but had at least {expected} when its log was last written: it has been cut.",
        do_en: "Look for a longer copy of this file (a backup, the drive it was copied from). Other findings say which blocks are missing; what is there can be read.",
        ko: "VHDX 파일의 크기는 {length}바이트이지만 로그가 마지막으로 기록될 때는 {expected}바이트 이상이었습니다. 파일이 잘렸습니다.",
        do_ko: "더 긴 복사본(백업, 복사해 온 원래 드라이브)이 있는지 찾아보십시오. 빠진 블록은 다른 항목에 나오며, 남아 있는 부분은 읽을 수 있습니다.";
    VHDX_REGION_TABLE = "vhdx-region-table", Damage,
        en: "This region table of the VHDX file is bad: {reason}. The other region table was used.",
        do_en: "The data is not affected: a VHDX file keeps two region tables for this case. Some tools read only the first one and refuse the file.",
        ko: "VHDX 파일의 이 영역 테이블이 잘못되었습니다: {reason}. 다른 영역 테이블을 사용했습니다.",
        do_ko: "데이터에는 영향이 없습니다. VHDX 파일은 이런 경우를 위해 영역 테이블을 두 개 둡니다. 첫 번째 테이블만 읽는 도구는 이 파일을 거부합니다.";
    VHDX_REGION_TABLES = "vhdx-region-tables", Damage,
        en: "Neither region table of the VHDX file is whole: {reason}. This one still names the block allocation table and the metadata, so it was used.",
        do_en: "What is read may still be right: filesystem checksums and image digests tell. Work on a copy of the file.",
        ko: "VHDX 파일의 두 영역 테이블이 모두 온전하지 않습니다: {reason}. 이 테이블에는 블록 할당 테이블과 메타데이터의 위치가 남아 있어 사용했습니다.",
        do_ko: "읽은 내용은 맞을 수 있으며 파일 시스템 체크섬과 이미지 다이제스트로 확인할 수 있습니다. 파일의 복사본으로 작업하십시오.";
    VHDX_REGIONS_SEARCHED = "vhdx-regions-searched", Damage,
        en: "Both region tables of the VHDX file are unreadable: {reason}. The file was searched instead: what looks like the block allocation table is at byte {bat}, the metadata are at byte {metadata}.",
        do_en: "What is read is most likely right: filesystem checksums and image digests tell. Windows and other tools refuse such a file; export what you need from here.",
        ko: "VHDX 파일의 두 영역 테이블을 모두 읽을 수 없습니다: {reason}. 대신 파일을 검색해 {bat}바이트 위치에서 블록 할당 테이블로 보이는 것을, {metadata}바이트 위치에서 메타데이터를 찾았습니다.",
        do_ko: "읽은 내용은 대부분 맞을 것이며 파일 시스템 체크섬과 이미지 다이제스트로 확인할 수 있습니다. Windows와 다른 도구는 이런 파일을 거부하므로 필요한 데이터를 여기서 내보내십시오.";
    VHDX_METADATA_GUESSED = "vhdx-metadata-guessed", Damage,
        en: "The metadata of the VHDX file do not say this: {reason}. Taken instead: {value}.",
        do_en: "If the filesystem below opens, the value is right. Windows and other tools refuse such a file; export what you need from here.",
        ko: "VHDX 파일의 메타데이터에 이 항목이 없거나 잘못되었습니다: {reason}. 대신 사용한 값: {value}.",
        do_ko: "파일 시스템이 열리면 값이 맞은 것입니다. Windows와 다른 도구는 이런 파일을 거부하므로 필요한 데이터를 여기서 내보내십시오.";
    VHDX_PARENT_LOCATOR = "vhdx-parent-locator", Damage,
        en: "This VHDX file is a differencing disk, but where its parent is cannot be read: {reason}.",
        do_en: "Look beside this file for the disk it was made upon, usually with nearly the same name (without .avhdx or a long number), and open both together.",
        ko: "이 VHDX 파일은 차이점 보관용 디스크이지만 부모 디스크의 위치를 읽을 수 없습니다: {reason}.",
        do_ko: "이 파일 옆에서 원본이 된 디스크를 찾아 함께 여십시오. 이름은 보통 거의 같습니다(.avhdx나 긴 번호가 없는 이름).";
    VHDX_PARENT_CHANGED = "vhdx-parent-changed", Damage,
        en: "{parent} has the name of the parent of this differencing disk, but not its state: its data-write id is {found}, expected {expected}. It was used all the same.",
        do_en: "The parent was written to after the differencing disk was made, or it is another file of the same name. Files that changed in it since may be wrong; look for a copy of the parent as it was.",
        ko: "{parent}은(는) 이 차이점 보관용 디스크의 부모와 이름이 같지만 상태가 다릅니다. 데이터 쓰기 ID가 {found}이며 {expected}이어야 합니다. 그대로 사용했습니다.",
        do_ko: "차이점 보관용 디스크를 만든 뒤 부모에 기록했거나 이름만 같은 다른 파일입니다. 그 뒤에 바뀐 파일은 잘못되었을 수 있으니 당시의 부모 디스크 복사본을 찾아보십시오.";
    VHDX_BLOCKS_MISSING = "vhdx-blocks-missing", Loss,
        en: "{missing} of {present} stored blocks of the VHDX file ({bytes} bytes of the disk) lie past the end of the file: it has been cut.",
        do_en: "Look for a longer copy of this file (a backup, the drive it was copied from). Everything that does not lie in the missing blocks can be read; what does is reported where it is met and never shown as zeros.",
        ko: "VHDX 파일에 저장된 블록 {present}개 중 {missing}개(디스크의 {bytes}바이트)가 파일 끝을 넘어서 있습니다. 파일이 잘렸습니다.",
        do_ko: "더 긴 복사본(백업, 복사해 온 원래 드라이브)이 있는지 찾아보십시오. 빠진 블록에 있지 않은 데이터는 모두 읽을 수 있으며, 빠진 데이터는 만나는 곳마다 알리고 0으로 표시하지 않습니다.";
    VHDX_BLOCKS_INVALID = "vhdx-blocks-invalid", Loss,
        en: "{count} entries of the block allocation table are invalid, the first one is block {first}: {reason}.",
        do_en: "What lies in these blocks cannot be read and is reported where it is met. The rest of the disk is not affected.",
        ko: "블록 할당 테이블의 항목 {count}개가 잘못되었습니다. 첫 번째는 블록 {first}입니다: {reason}.",
        do_ko: "이 블록에 있는 데이터는 읽을 수 없으며 만나는 곳마다 알립니다. 디스크의 나머지 부분에는 영향이 없습니다.";
    VHDX_BLOCKS_SHARED = "vhdx-blocks-shared", Damage,
        en: "{count} blocks of the VHDX file lie where another block lies too, the first one is block {first}. Each place can belong to one of them only.",
        do_en: "Files in these blocks may hold the data of others: filesystem checksums and image digests tell which. Work on a copy of the file.",
        ko: "VHDX 파일의 블록 {count}개가 다른 블록과 같은 위치에 있습니다. 첫 번째는 블록 {first}입니다. 한 위치는 한 블록의 것이어야 합니다.",
        do_ko: "이 블록에 있는 파일에는 다른 파일의 데이터가 들어 있을 수 있습니다. 어떤 파일인지는 파일 시스템 체크섬과 이미지 다이제스트로 알 수 있습니다. 파일의 복사본으로 작업하십시오.";
    VHDX_BAT_CUT = "vhdx-bat-cut", Loss,
        en: "The block allocation table is cut short: {missing} of {total} entries are not in the file, so {bytes} bytes of the disk cannot be found.",
        do_en: "Look for a longer copy of this file. The part of the disk whose entries are present can be read.",
        ko: "블록 할당 테이블이 잘렸습니다. 항목 {total}개 중 {missing}개가 파일에 없어 디스크의 {bytes}바이트를 찾을 수 없습니다.",
        do_ko: "더 긴 복사본이 있는지 찾아보십시오. 항목이 남아 있는 부분은 읽을 수 있습니다.";
    TABLE_PARTLY_CHECKED = "disk-table-partly-checked", Note,
        en: "The table that says where the data of this disk lies is very large; {checked} of {total} entries were checked on opening.",
        do_en: "Nothing needs to be done. If something is missing in the unchecked part, it is reported when it is read.",
        ko: "디스크의 데이터 위치를 담은 테이블이 매우 커서 여는 동안 항목 {total}개 중 {checked}개만 검사했습니다.",
        do_ko: "따로 할 일은 없습니다. 검사하지 않은 부분에 빠진 것이 있으면 읽을 때 알립니다.";
    QCOW2_DIRTY = "qcow2-dirty", Note,
        en: "The qcow2 file was not closed properly: its dirty bit is set.",
        do_en: "Reading is not affected; only the use counts of its clusters may be wrong. `qemu-img check -r leaks` on a copy puts them right.",
        ko: "qcow2 파일이 정상적으로 닫히지 않았습니다(dirty 비트가 설정됨).",
        do_ko: "읽기에는 영향이 없으며 클러스터 참조 횟수만 틀릴 수 있습니다. 복사본에서 `qemu-img check -r leaks`를 실행하면 바로잡힙니다.";
    QCOW2_CORRUPT = "qcow2-corrupt", Damage,
        en: "The qcow2 file is marked as corrupt by the program that last wrote to it.",
        do_en: "It was read all the same; anything in it may be wrong. Keep the file as it is, copy it, and export what you need.",
        ko: "마지막으로 기록한 프로그램이 이 qcow2 파일을 손상된 것으로 표시했습니다.",
        do_ko: "그대로 읽었지만 내용이 잘못되었을 수 있습니다. 파일을 그대로 두고 복사본을 만든 뒤 필요한 데이터를 내보내십시오.";
    QCOW2_SNAPSHOTS = "qcow2-snapshots", Note,
        en: "The qcow2 file holds internal snapshots ({count}): {names}. The answer shows the active state.",
        do_en: "If data is missing from the active state, it may still be in a snapshot: open the snapshot instead (in the overview of the page; `--snapshot NAME` on the command line).",
        ko: "qcow2 파일에 내부 스냅샷 {count}개가 있습니다: {names}. 결과는 현재 상태를 보여 줍니다.",
        do_ko: "현재 상태에 없는 데이터가 스냅샷에 남아 있을 수 있습니다. 스냅샷을 대신 여십시오(페이지에서는 개요에서, 명령줄에서는 `--snapshot 이름`).";
    QCOW2_SNAPSHOT_TABLE = "qcow2-snapshot-table", Damage,
        en: "The snapshot table of the qcow2 file could not be read to its end: {reason}.",
        do_en: "The active state is not affected. Snapshots that are not named here may still be in the file.",
        ko: "qcow2 파일의 스냅샷 테이블을 끝까지 읽을 수 없습니다: {reason}.",
        do_ko: "현재 상태에는 영향이 없습니다. 여기에 이름이 없는 스냅샷이 파일에 남아 있을 수 있습니다.";
    DISK_IN_PIECES = "disk-in-pieces", Note,
        en: "The disk was put together from {count} files, {first} to {last}.",
        do_en: "Nothing needs to be done. If the end of the disk is missing, look for further pieces.",
        ko: "{first}부터 {last}까지 파일 {count}개를 이어 디스크를 읽었습니다.",
        do_ko: "따로 할 일은 없습니다. 디스크 끝부분이 없다면 나머지 조각 파일이 있는지 찾아보십시오.";
    QCOW2_TABLES_MISSING = "qcow2-tables-missing", Loss,
        en: "{missing} of {total} tables of the qcow2 file cannot be read, so up to {bytes} bytes of the disk cannot be found; the first one: {reason}.",
        do_en: "Look for a longer copy of this file. What does not depend on these tables can be read; the rest is reported where it is met.",
        ko: "qcow2 파일의 테이블 {total}개 중 {missing}개를 읽을 수 없어 디스크의 최대 {bytes}바이트를 찾을 수 없습니다. 첫 번째: {reason}.",
        do_ko: "더 긴 복사본이 있는지 찾아보십시오. 이 테이블과 관계없는 데이터는 읽을 수 있으며 나머지는 만나는 곳마다 알립니다.";
    QCOW2_CLUSTERS_MISSING = "qcow2-clusters-missing", Loss,
        en: "{missing} of {present} stored clusters of the qcow2 file ({bytes} bytes of the disk) lie past the end of the file: it has been cut.",
        do_en: "Look for a longer copy of this file (a backup, the drive it was copied from). Everything that does not lie in the missing clusters can be read; what does is reported where it is met and never shown as zeros.",
        ko: "qcow2 파일에 저장된 클러스터 {present}개 중 {missing}개(디스크의 {bytes}바이트)가 파일 끝을 넘어서 있습니다. 파일이 잘렸습니다.",
        do_ko: "더 긴 복사본(백업, 복사해 온 원래 드라이브)이 있는지 찾아보십시오. 빠진 클러스터에 있지 않은 데이터는 모두 읽을 수 있으며, 빠진 데이터는 만나는 곳마다 알리고 0으로 표시하지 않습니다.";
    QCOW2_CLUSTERS_INVALID = "qcow2-clusters-invalid", Loss,
        en: "{count} cluster entries of the qcow2 file are invalid, the first one: {reason}.",
        do_en: "What lies in these clusters cannot be read and is reported where it is met. The rest of the disk is not affected.",
        ko: "qcow2 파일의 클러스터 항목 {count}개가 잘못되었습니다. 첫 번째: {reason}.",
        do_ko: "이 클러스터에 있는 데이터는 읽을 수 없으며 만나는 곳마다 알립니다. 디스크의 나머지 부분에는 영향이 없습니다.";
    VHD_FOOTER = "vhd-footer", Damage,
        en: "The footer at the end of the VHD file is bad: {reason}. Its copy at the start was used.",
        do_en: "The file may have been cut: other findings say what is missing. Windows may refuse to attach it; copy what you need out of it with Careen first.",
        ko: "VHD 파일 끝의 푸터가 잘못되었습니다: {reason}. 파일 앞의 복사본을 사용했습니다.",
        do_ko: "파일이 잘렸을 수 있습니다. 빠진 부분은 다른 항목에 나옵니다. Windows가 이 파일의 연결을 거부할 수 있으니 필요한 데이터를 Careen으로 먼저 꺼내십시오.";
    VHD_FOOTERS = "vhd-footers", Damage,
        en: "No footer of the VHD file has the right checksum: {reason}. It still makes sense, so it was used.",
        do_en: "What is read may still be right: filesystem checksums and image digests tell. Work on a copy of the file.",
        ko: "VHD 파일의 푸터 중 체크섬이 맞는 것이 없습니다: {reason}. 내용은 유효해 보여 그대로 사용했습니다.",
        do_ko: "읽은 내용은 맞을 수 있으며 파일 시스템 체크섬과 이미지 다이제스트로 확인할 수 있습니다. 파일의 복사본으로 작업하십시오.";
    VHD_DYNAMIC_HEADER = "vhd-dynamic-header", Damage,
        en: "The header of the dynamic VHD does not match its checksum. It was used as it is.",
        do_en: "What is read may still be right: filesystem checksums and image digests tell. Work on a copy of the file.",
        ko: "동적 VHD의 헤더가 체크섬과 맞지 않습니다. 있는 그대로 사용했습니다.",
        do_ko: "읽은 내용은 맞을 수 있으며 파일 시스템 체크섬과 이미지 다이제스트로 확인할 수 있습니다. 파일의 복사본으로 작업하십시오.";
    VHD_SAVED_STATE = "vhd-saved-state", Note,
        en: "A virtual machine was suspended upon this VHD: what its memory held of the disk has not been written.",
        do_en: "If recent changes are missing, resume the virtual machine where its saved state lies and shut it down; otherwise nothing needs to be done.",
        ko: "이 VHD를 쓰던 가상 머신이 저장된 상태로 멈춰 있습니다. 메모리에만 있던 디스크 내용은 기록되지 않았습니다.",
        do_ko: "최근 변경이 빠져 있다면 저장된 상태가 있는 곳에서 가상 머신을 다시 시작해 정상 종료하십시오. 그렇지 않으면 따로 할 일은 없습니다.";
    VHD_FIXED_SHORT = "vhd-fixed-short", Loss,
        en: "The fixed VHD file is {missing} bytes shorter than its disk.",
        do_en: "Look for a longer copy of this file. What lies in the file can be read; the rest is reported where it is met and never shown as zeros.",
        ko: "고정 크기 VHD 파일이 디스크보다 {missing}바이트 짧습니다.",
        do_ko: "더 긴 복사본이 있는지 찾아보십시오. 파일에 있는 부분은 읽을 수 있으며, 나머지는 만나는 곳마다 알리고 0으로 표시하지 않습니다.";
    VHD_PARENT_CHANGED = "vhd-parent-changed", Damage,
        en: "{parent} has the name of the parent of this differencing VHD, but its unique id is {found}, expected {expected}. It was used all the same.",
        do_en: "It is another disk of the same name, or the parent was converted since. Files may be wrong; look for the parent as it was.",
        ko: "{parent}은(는) 이 차이점 보관용 VHD의 부모와 이름이 같지만 고유 ID가 {found}이며 {expected}이어야 합니다. 그대로 사용했습니다.",
        do_ko: "이름만 같은 다른 디스크이거나 그 뒤에 부모 디스크를 변환한 것입니다. 파일이 잘못되었을 수 있으니 당시의 부모 디스크를 찾아보십시오.";
    VHD_BLOCKS_MISSING = "vhd-blocks-missing", Loss,
        en: "{missing} of {present} stored blocks of the VHD file ({bytes} bytes of the disk) lie past the end of the file: it has been cut.",
        do_en: "Look for a longer copy of this file (a backup, the drive it was copied from). Everything that does not lie in the missing blocks can be read; what does is reported where it is met and never shown as zeros.",
        ko: "VHD 파일에 저장된 블록 {present}개 중 {missing}개(디스크의 {bytes}바이트)가 파일 끝을 넘어서 있습니다. 파일이 잘렸습니다.",
        do_ko: "더 긴 복사본(백업, 복사해 온 원래 드라이브)이 있는지 찾아보십시오. 빠진 블록에 있지 않은 데이터는 모두 읽을 수 있으며, 빠진 데이터는 만나는 곳마다 알리고 0으로 표시하지 않습니다.";
    VHD_BLOCKS_INVALID = "vhd-blocks-invalid", Loss,
        en: "{count} entries of the block allocation table of the VHD file are invalid, the first one is block {first}: {reason}.",
        do_en: "What lies in these blocks cannot be read and is reported where it is met. The rest of the disk is not affected.",
        ko: "VHD 파일의 블록 할당 테이블 항목 {count}개가 잘못되었습니다. 첫 번째는 블록 {first}입니다: {reason}.",
        do_ko: "이 블록에 있는 데이터는 읽을 수 없으며 만나는 곳마다 알립니다. 디스크의 나머지 부분에는 영향이 없습니다.";
    VHD_BAT_CUT = "vhd-bat-cut", Loss,
        en: "The block allocation table of the VHD file is too short: {missing} of {total} entries are not there, so {bytes} bytes of the disk cannot be found.",
        do_en: "Look for a longer copy of this file. The part of the disk whose entries are present can be read.",
        ko: "VHD 파일의 블록 할당 테이블이 짧습니다. 항목 {total}개 중 {missing}개가 없어 디스크의 {bytes}바이트를 찾을 수 없습니다.",
        do_ko: "더 긴 복사본이 있는지 찾아보십시오. 항목이 남아 있는 부분은 읽을 수 있습니다.";
    VMDK_UNCLEAN = "vmdk-unclean-shutdown", Note,
        en: "The VMDK file was not closed properly by the program that last wrote to it.",
        do_en: "Most often nothing is lost. Work on a copy of the file; VMware's own repair (`vmware-vdiskmanager -R`) writes to it.",
        ko: "마지막으로 기록한 프로그램이 VMDK 파일을 정상적으로 닫지 않았습니다.",
        do_ko: "대부분 손실은 없습니다. 파일의 복사본으로 작업하십시오. VMware의 복구 명령(`vmware-vdiskmanager -R`)은 파일에 기록합니다.";
    VMDK_NEWLINES = "vmdk-newlines", Loss,
        en: "The VMDK file was changed on its way: it was copied as text, and line ends in its data were replaced.",
        do_en: "Copy it again in binary mode from where it came. What is read from this copy may be wrong anywhere.",
        ko: "VMDK 파일이 전송 중에 바뀌었습니다. 텍스트로 복사되어 데이터 안의 줄바꿈 문자가 바뀌었습니다.",
        do_ko: "원래 위치에서 바이너리 모드로 다시 복사하십시오. 이 복사본에서 읽은 내용은 어디든 잘못되었을 수 있습니다.";
    VMDK_DESCRIPTOR = "vmdk-descriptor", Damage,
        en: "The description inside the VMDK file cannot be read: {reason}. The file was read as a whole disk by itself.",
        do_en: "If the disk had a parent (a snapshot), files that lie only there read as missing or empty: look for the other files of the disk.",
        ko: "VMDK 파일 안의 설명을 읽을 수 없습니다: {reason}. 파일 하나를 전체 디스크로 읽었습니다.",
        do_ko: "부모 디스크(스냅샷)가 있던 디스크라면 거기에만 있는 파일은 없거나 비어 있는 것으로 보입니다. 디스크의 다른 파일을 찾아보십시오.";
    VMDK_EXTENT_ALONE = "vmdk-extent-alone", Damage,
        en: "This VMDK file is one part of a disk in several files; the small file that describes the whole disk was not given. The part was read as a disk by itself.",
        do_en: "Open the description (the .vmdk file without -s001 in its name) together with all parts.",
        ko: "이 VMDK 파일은 여러 파일로 나뉜 디스크의 한 부분이며, 전체를 설명하는 작은 파일이 없습니다. 이 부분만 하나의 디스크로 읽었습니다.",
        do_ko: "설명 파일(이름에 -s001이 없는 .vmdk)을 모든 부분과 함께 여십시오.";
    VMDK_EXTENT = "vmdk-extent", Loss,
        en: "This part of the VMDK disk cannot be read: {reason}. {bytes} bytes of the disk are lost with it.",
        do_en: "Look for another copy of this file. The other parts are not affected; what lies in this one is reported where it is met and never shown as zeros.",
        ko: "VMDK 디스크의 이 부분을 읽을 수 없습니다: {reason}. 디스크의 {bytes}바이트를 읽을 수 없습니다.",
        do_ko: "이 파일의 다른 복사본을 찾아보십시오. 다른 부분에는 영향이 없으며, 이 부분의 데이터는 만나는 곳마다 알리고 0으로 표시하지 않습니다.";
    VMDK_FLAT_SHORT = "vmdk-extent-short", Loss,
        en: "This part of the VMDK disk is {missing} bytes shorter than the description says.",
        do_en: "Look for a longer copy of this file. What lies in the file can be read; the rest is reported where it is met and never shown as zeros.",
        ko: "VMDK 디스크의 이 부분이 설명보다 {missing}바이트 짧습니다.",
        do_ko: "더 긴 복사본이 있는지 찾아보십시오. 파일에 있는 부분은 읽을 수 있으며, 나머지는 만나는 곳마다 알리고 0으로 표시하지 않습니다.";
    VMDK_PARENT_CHANGED = "vmdk-parent-changed", Damage,
        en: "{parent} has the name of the parent of this VMDK disk, but its content id is {found}, expected {expected}. It was used all the same.",
        do_en: "The parent was written to after this disk was made upon it, or it is another file of the same name. Files that changed since may be wrong; look for a copy of the parent as it was.",
        ko: "{parent}은(는) 이 VMDK 디스크의 부모와 이름이 같지만 내용 ID가 {found}이며 {expected}이어야 합니다. 그대로 사용했습니다.",
        do_ko: "이 디스크를 만든 뒤 부모에 기록했거나 이름만 같은 다른 파일입니다. 그 뒤에 바뀐 파일은 잘못되었을 수 있으니 당시의 부모 디스크 복사본을 찾아보십시오.";
    VMDK_TABLES_MISSING = "vmdk-tables-missing", Loss,
        en: "{missing} of {total} grain tables of the VMDK disk cannot be read; the first one: {reason}.",
        do_en: "Look for a longer copy of this file. What does not depend on these tables can be read; the rest is reported where it is met.",
        ko: "VMDK 디스크의 그레인 테이블 {total}개 중 {missing}개를 읽을 수 없습니다. 첫 번째: {reason}.",
        do_ko: "더 긴 복사본이 있는지 찾아보십시오. 이 테이블과 관계없는 데이터는 읽을 수 있으며 나머지는 만나는 곳마다 알립니다.";
    VMDK_GRAINS_MISSING = "vmdk-grains-missing", Loss,
        en: "{missing} of {present} stored grains of the VMDK disk ({bytes} bytes) lie past the end of their file: it has been cut.",
        do_en: "Look for a longer copy of this file (a backup, the drive it was copied from). Everything that does not lie in the missing grains can be read; what does is reported where it is met and never shown as zeros.",
        ko: "VMDK 디스크에 저장된 그레인 {present}개 중 {missing}개({bytes}바이트)가 파일 끝을 넘어서 있습니다. 파일이 잘렸습니다.",
        do_ko: "더 긴 복사본(백업, 복사해 온 원래 드라이브)이 있는지 찾아보십시오. 빠진 그레인에 있지 않은 데이터는 모두 읽을 수 있으며, 빠진 데이터는 만나는 곳마다 알리고 0으로 표시하지 않습니다.";
    VMDK_GRAINS_INVALID = "vmdk-grains-invalid", Loss,
        en: "{count} grain table entries of the VMDK disk are invalid, the first one: {reason}.",
        do_en: "What lies in these grains cannot be read and is reported where it is met. The rest of the disk is not affected.",
        ko: "VMDK 디스크의 그레인 테이블 항목 {count}개가 잘못되었습니다. 첫 번째: {reason}.",
        do_ko: "이 그레인에 있는 데이터는 읽을 수 없으며 만나는 곳마다 알립니다. 디스크의 나머지 부분에는 영향이 없습니다.";
    GPT_PRIMARY = "gpt-primary", Damage,
        en: "The partition table (GPT) at the start of the disk is bad: {reason}. The copy at the end of the disk was used.",
        do_en: "The partitions are not affected. Something has written over the start of the disk: check the first partition with care.",
        ko: "디스크 앞쪽의 파티션 테이블(GPT)이 잘못되었습니다: {reason}. 디스크 끝의 복사본을 사용했습니다.",
        do_ko: "파티션에는 영향이 없습니다. 디스크 앞부분에 무언가가 덮어쓴 것이므로 첫 번째 파티션을 주의해서 확인하십시오.";
    GPT_ENTRIES = "gpt-entries", Damage,
        en: "The entries of the partition table (GPT) do not match their checksum, and no good copy is at the end of the disk. They were used as they are.",
        do_en: "A partition may be missing or have a wrong place. If one looks wrong, say so to whoever made the disk; the data itself has not been changed.",
        ko: "파티션 테이블(GPT)의 항목이 체크섬과 맞지 않고 디스크 끝에도 온전한 복사본이 없습니다. 있는 그대로 사용했습니다.",
        do_ko: "파티션이 빠졌거나 위치가 틀릴 수 있습니다. 데이터 자체는 변경되지 않았으니 이상한 파티션이 있으면 디스크를 만든 사람에게 확인하십시오.";
    GPT_UNREADABLE = "gpt-unreadable", Loss,
        en: "The disk says it has a partition table of the GPT kind, but neither copy can be read: {reason}.",
        do_en: "A cut file loses the copy at its end. Look for a longer copy of the file; a tool such as TestDisk can search a copy of the disk for its partitions.",
        ko: "GPT 파티션 테이블이 있다고 표시된 디스크이지만 두 복사본 모두 읽을 수 없습니다: {reason}.",
        do_ko: "잘린 파일은 끝에 있는 복사본을 잃습니다. 더 긴 복사본을 찾아보십시오. TestDisk 같은 도구로 디스크 복사본에서 파티션을 찾을 수도 있습니다.";
    GPT_ALONE = "gpt-without-protective-mbr", Note,
        en: "The disk has a whole partition table of the GPT kind, but the protective record in its first sector is missing.",
        do_en: "Nothing is lost. Some systems do not see the partitions of such a disk.",
        ko: "GPT 파티션 테이블은 온전하지만 첫 섹터의 보호 레코드(protective MBR)가 없습니다.",
        do_ko: "손실은 없습니다. 일부 시스템은 이런 디스크의 파티션을 인식하지 못합니다.";
    GPT_SECTOR_SIZE = "gpt-sector-size", Note,
        en: "The partition table (GPT) was written for sectors of {written} bytes, the disk says {told}. The partitions were counted in sectors of {written} bytes.",
        do_en: "Nothing is lost: the disk was copied from a drive with another sector size. A system that trusts the disk's own figure sees no partitions.",
        ko: "파티션 테이블(GPT)은 {written}바이트 섹터 기준으로 작성되었지만 디스크의 섹터 크기는 {told}바이트로 되어 있습니다. {written}바이트 섹터로 계산했습니다.",
        do_ko: "손실은 없습니다. 섹터 크기가 다른 드라이브에서 복사한 디스크입니다. 디스크에 적힌 값을 그대로 믿는 시스템은 파티션을 보지 못합니다.";
    PARTITION_BEYOND_END = "partition-beyond-end", Loss,
        en: "Partition {number} reaches {missing} bytes beyond the end of the disk.",
        do_en: "The file has most likely been cut: look for a longer copy. What lies inside the file can be read.",
        ko: "파티션 {number}이(가) 디스크 끝을 {missing}바이트 넘어섭니다.",
        do_ko: "파일이 잘렸을 가능성이 큽니다. 더 긴 복사본을 찾아보십시오. 파일 안에 있는 부분은 읽을 수 있습니다.";
    MBR_EXTENDED = "mbr-extended-chain", Loss,
        en: "The chain of extended partitions breaks off: {reason}. Partitions after this place are not listed.",
        do_en: "The partitions before it are not affected. A tool such as TestDisk can search a copy of the disk for lost ones.",
        ko: "확장 파티션의 연결이 끊어졌습니다: {reason}. 이후의 파티션은 목록에 없습니다.",
        do_ko: "그 앞의 파티션에는 영향이 없습니다. TestDisk 같은 도구로 디스크 복사본에서 사라진 파티션을 찾을 수 있습니다.";
    PARTITION_TABLE_IGNORED = "partition-table-ignored", Note,
        en: "The disk has the remains of a partition table ({scheme}), but a filesystem covers the whole disk. The table was not used.",
        do_en: "This is normal when a disk that once had partitions was formatted as a whole.",
        ko: "파티션 테이블({scheme})의 흔적이 있지만 파일 시스템이 디스크 전체를 차지하고 있어 테이블을 사용하지 않았습니다.",
        do_ko: "파티션이 있던 디스크를 통째로 포맷했을 때 흔히 나타나는 정상적인 상태입니다.";
    DISK_INITIALIZED = "disk-initialized-over", Damage,
        en: "The disk was initialized after it had been in use: a new partition table ({scheme}) with nothing in its partitions lies over the start of an ext filesystem that covers the whole disk.",
        do_en: "This happens when Windows Disk Management offers to initialize a disk of WSL or Docker. Do not create or format a partition on it and do not run repair tools on this file: nearly all data is still there. Work on a copy.",
        ko: "사용하던 디스크가 초기화되었습니다. 디스크 전체를 차지하던 ext 파일 시스템의 앞부분에 비어 있는 새 파티션 테이블({scheme})이 덮어써졌습니다.",
        do_ko: "Windows 디스크 관리가 WSL이나 Docker의 디스크를 초기화하겠느냐고 물을 때 생기는 일입니다. 파티션을 만들거나 포맷하지 말고 이 파일에 복구 도구를 실행하지도 마십시오. 데이터는 거의 모두 남아 있습니다. 복사본으로 작업하십시오.";
    DISK_INITIALIZED_MBR = "disk-initialized-unharmed", Note,
        en: "The first sector of the disk holds an empty partition table as Windows writes it, over an ext filesystem that covers the whole disk. The filesystem does not use that sector.",
        do_en: "Nothing is lost. Somebody has let Windows Disk Management initialize this disk: do not create or format a partition on it.",
        ko: "디스크 전체를 차지하는 ext 파일 시스템 위 첫 섹터에 Windows가 쓴 빈 파티션 테이블이 있습니다. 파일 시스템은 이 섹터를 사용하지 않습니다.",
        do_ko: "손실은 없습니다. Windows 디스크 관리에서 이 디스크를 초기화한 것입니다. 파티션을 만들거나 포맷하지 마십시오.";
    DISK_FORMATTED = "disk-formatted-over", Damage,
        en: "The disk was initialized and formatted by Windows after it had been in use: its partition table ({scheme}) leads to filesystems of Windows only, but beneath them an ext filesystem fills the whole disk. It is offered beside them.",
        do_en: "Do not write anything to this disk and do not run repair tools on the file: most data is still there unless the new filesystem was filled. Work on a copy and export what you need from here.",
        ko: "사용하던 디스크를 Windows가 초기화하고 포맷했습니다. 파티션 테이블({scheme})에는 Windows 파일 시스템만 있지만 그 아래에 디스크 전체를 차지하는 ext 파일 시스템이 남아 있어 함께 보여 줍니다.",
        do_ko: "이 디스크에 아무것도 쓰지 말고 파일에 복구 도구를 실행하지 마십시오. 새 파일 시스템을 채우지 않았다면 데이터는 대부분 남아 있습니다. 복사본으로 작업하고 필요한 데이터를 여기서 내보내십시오.";
    MBR_HYBRID = "mbr-hybrid", Note,
        en: "The disk has a partition table of the GPT kind and, in its first sector, {count} more partitions for systems that do not know GPT. The GPT was used; {others} of the others are not in it.",
        do_en: "This is normal on disks that were made to start old systems too. If a partition is missing here, it may be one of those.",
        ko: "GPT 파티션 테이블이 있으며 첫 섹터에는 GPT를 모르는 시스템을 위한 파티션 {count}개가 더 있습니다. GPT를 사용했으며, 그중 {others}개는 GPT에 없습니다.",
        do_ko: "오래된 시스템도 부팅할 수 있게 만든 디스크에서는 정상입니다. 빠진 파티션이 있다면 그중 하나일 수 있습니다.";
    EXT_SUPERBLOCK_LOST = "ext-first-superblock-lost", Damage,
        en: "The first superblock of an ext filesystem is gone, but a backup copy of it is at byte {offset}.",
        do_en: "The filesystem is most likely whole apart from its first blocks. Keep the file as it is; on a copy, `e2fsck -b` with a backup superblock puts it right.",
        ko: "ext 파일 시스템의 첫 슈퍼블록이 사라졌지만 {offset}바이트 위치에 백업 복사본이 있습니다.",
        do_ko: "앞부분의 블록을 빼면 파일 시스템은 온전할 가능성이 큽니다. 파일을 그대로 두고, 복사본에서 백업 슈퍼블록을 지정한 `e2fsck -b`로 바로잡을 수 있습니다.";
    CONTENT_LUKS = "encrypted-luks", Loss,
        en: "This is encrypted with LUKS. It cannot be read without its key, and Careen does not ask for keys.",
        do_en: "On a Linux machine, unlock it with `cryptsetup open --readonly`, copy the unlocked device to a file with `dd`, and open that file here.",
        ko: "LUKS로 암호화되어 있습니다. 키 없이는 읽을 수 없으며 Careen은 키를 묻지 않습니다.",
        do_ko: "Linux에서 `cryptsetup open --readonly`로 잠금을 풀고 `dd`로 장치를 파일로 복사한 뒤 그 파일을 여십시오.";
    CONTENT_BITLOCKER = "encrypted-bitlocker", Loss,
        en: "This is encrypted with BitLocker. It cannot be read without its key, and Careen does not ask for keys.",
        do_en: "Unlock the drive in Windows with its password or recovery key, then open the Docker disk file (docker_data.vhdx or ext4.vhdx) that lies on it.",
        ko: "BitLocker로 암호화되어 있습니다. 키 없이는 읽을 수 없으며 Careen은 키를 묻지 않습니다.",
        do_ko: "Windows에서 암호나 복구 키로 드라이브의 잠금을 푼 뒤 그 안에 있는 Docker 디스크 파일(docker_data.vhdx 또는 ext4.vhdx)을 여십시오.";
    CONTENT_WINDOWS = "content-windows-filesystem", Note,
        en: "{name} was found here, a filesystem of Windows. Careen reads ext2, ext3 and ext4, so its files are not in the answer.",
        do_en: "If this is the disk of a Windows machine, the Docker disk is a file on it: attach the disk in Windows, look for docker_data.vhdx or ext4.vhdx under AppData\\Local\\Docker\\wsl, and open that file. A small FAT partition beside a Linux one only holds the boot files.",
        ko: "Windows의 파일 시스템인 {name}이(가) 있습니다. Careen은 ext2, ext3, ext4를 읽으므로 이 안의 파일은 결과에 없습니다.",
        do_ko: "Windows 컴퓨터의 디스크라면 Docker 디스크는 그 안의 파일입니다. Windows에서 디스크를 연결한 뒤 AppData\\Local\\Docker\\wsl 아래의 docker_data.vhdx 또는 ext4.vhdx를 찾아 여십시오. Linux 파티션 옆의 작은 FAT 파티션에는 부팅 파일만 있습니다.";
    CONTENT_LINUX = "content-linux-filesystem", Note,
        en: "{name} was found here. Careen reads ext2, ext3 and ext4, so its files are not in the answer.",
        do_en: "On a Linux machine, mount it read-only, pack the data root with `tar --xattrs --xattrs-include='*' -cf root.tar -C /path/to docker`, unpack that on an ext4 disk, and open that disk here.",
        ko: "{name}이(가) 있습니다. Careen은 ext2, ext3, ext4를 읽으므로 이 안의 파일은 결과에 없습니다.",
        do_ko: "Linux에서 읽기 전용으로 마운트하고 `tar --xattrs --xattrs-include='*' -cf root.tar -C /path/to docker`로 데이터 루트를 묶은 뒤 ext4 디스크에 풀어 그 디스크를 여십시오.";
    CONTENT_APPLE = "content-apple-filesystem", Note,
        en: "{name} was found here, a filesystem of macOS. Careen reads ext2, ext3 and ext4, so its files are not in the answer.",
        do_en: "If this is the disk of a Mac, the Docker disk is a file on it: look for Docker.raw or Docker.qcow2 under Library/Containers/com.docker.docker/Data and open that file.",
        ko: "macOS의 파일 시스템인 {name}이(가) 있습니다. Careen은 ext2, ext3, ext4를 읽으므로 이 안의 파일은 결과에 없습니다.",
        do_ko: "Mac의 디스크라면 Docker 디스크는 그 안의 파일입니다. Library/Containers/com.docker.docker/Data 아래의 Docker.raw 또는 Docker.qcow2를 찾아 여십시오.";
    CONTENT_VOLUMES = "content-volume-manager", Loss,
        en: "{name} was found here. It divides or joins disks by itself, and Careen does not look into it.",
        do_en: "On a Linux machine, activate it read-only, copy the volume that holds the Docker data to a file with `dd`, and open that file here.",
        ko: "{name}이(가) 있습니다. 자체적으로 디스크를 나누거나 묶는 방식이며 Careen은 그 안을 읽지 않습니다.",
        do_ko: "Linux에서 읽기 전용으로 활성화하고 Docker 데이터가 있는 볼륨을 `dd`로 파일에 복사한 뒤 그 파일을 여십시오.";
    CONTENT_IMAGE = "content-read-only-image", Note,
        en: "{name} was found here, a format for read-only media. Docker does not keep its data in it.",
        do_en: "This is an installation medium or a system image rather than a Docker disk. Look for docker_data.vhdx, ext4.vhdx, Docker.raw or Docker.qcow2.",
        ko: "읽기 전용 매체 형식인 {name}이(가) 있습니다. Docker는 여기에 데이터를 두지 않습니다.",
        do_ko: "Docker 디스크가 아니라 설치 매체나 시스템 이미지입니다. docker_data.vhdx, ext4.vhdx, Docker.raw, Docker.qcow2를 찾아보십시오.";
}
