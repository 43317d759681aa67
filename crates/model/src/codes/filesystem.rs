//! Findings of the `filesystem` crate.

super::codes! {
    /// The journal as a whole cannot be used; what a crash left in it is missing.
    JOURNAL_UNUSABLE = "journal-unusable", Loss,
        en: "The journal cannot be replayed: {reason}. Changes from the last seconds before the crash that stand only in the journal are missing, and some structures may look damaged because of it.",
        do_en: "Copy what you need from what is shown. Keep the disk file unchanged: a repair tool would throw the journal away.",
        ko: "저널을 재생할 수 없습니다: {reason}. 비정상 종료 직전 몇 초 동안 저널에만 기록된 변경 사항이 빠져 있으며, 그 때문에 일부 구조가 손상된 것처럼 보일 수 있습니다.",
        do_ko: "표시된 내용 중 필요한 것을 복사하십시오. 복구 도구를 실행하면 저널이 버려지므로 디스크 파일은 그대로 두십시오.";
    JOURNAL_SUPERBLOCK_CHECKSUM = "journal-superblock-checksum", Damage,
        en: "The checksum of the journal's superblock does not match. The journal was followed all the same, and each of its blocks was checked on its own.",
        do_en: "The kernel refuses to mount this filesystem. What was taken from the journal is sound; the newest changes may be missing.",
        ko: "저널 슈퍼블록의 체크섬이 일치하지 않습니다. 그래도 저널을 따라가며 각 블록을 개별적으로 검사했습니다.",
        do_ko: "커널은 이 파일 시스템의 마운트를 거부합니다. 저널에서 가져온 내용은 온전하지만 최신 변경 사항이 빠져 있을 수 있습니다.";
    JOURNAL_ERRNO = "journal-errno", Damage,
        en: "The kernel stopped using this journal before because of an error (Linux error number {errno}).",
        do_en: "The filesystem had trouble while Docker was still running; the storage under it may have failed or been full. Look at the other findings for what is affected.",
        ko: "이전에 커널이 오류(Linux 오류 번호 {errno}) 때문에 이 저널의 사용을 중단했습니다.",
        do_ko: "Docker가 실행되던 중에 이미 파일 시스템에 문제가 있었습니다. 저장 장치가 고장 났거나 가득 찼을 수 있습니다. 영향 범위는 다른 발견 항목을 확인하십시오.";
    JOURNAL_SHORT = "journal-short", Damage,
        en: "The journal says it has {claimed} blocks, but there are only {blocks}.",
        do_en: "Transactions that lie in the missing part cannot be replayed; findings about them follow if there are any.",
        ko: "저널에는 블록이 {claimed}개라고 기록되어 있지만 실제로는 {blocks}개뿐입니다.",
        do_ko: "없는 부분에 있는 트랜잭션은 재생할 수 없습니다. 해당하는 것이 있으면 별도의 발견 항목으로 표시됩니다.";
    JOURNAL_TRANSACTION = "journal-transaction", Loss,
        en: "Transaction {transaction} of the journal is damaged: {reason}. The transactions before it were replayed; it and all later ones were left out.",
        do_en: "What changed in the last seconds before the crash may be missing or inconsistent. The kernel refuses to mount this filesystem at all.",
        ko: "저널의 트랜잭션 {transaction}이(가) 손상되었습니다: {reason}. 그 이전 트랜잭션은 재생했고, 이 트랜잭션과 이후 트랜잭션은 제외했습니다.",
        do_ko: "비정상 종료 직전 몇 초 동안의 변경 사항이 빠져 있거나 일관되지 않을 수 있습니다. 커널은 이 파일 시스템의 마운트 자체를 거부합니다.";
    /// The normal trace of a power cut.
    JOURNAL_UNFINISHED = "journal-unfinished", Note,
        en: "The last transaction of the journal ({transaction}) was not finished when the machine stopped; it was left out, as the kernel does.",
        do_en: "Nothing needs to be done. This is what a power cut or a killed virtual machine leaves behind.",
        ko: "컴퓨터가 멈췄을 때 저널의 마지막 트랜잭션({transaction})이 완료되지 않은 상태였으므로 커널과 같은 방식으로 제외했습니다.",
        do_ko: "조치할 필요가 없습니다. 전원이 끊기거나 가상 머신이 강제 종료되면 남는 정상적인 흔적입니다.";
    JOURNAL_STALE = "journal-stale", Note,
        en: "What follows the last transaction of the journal has the number {transaction}, a wrong checksum and an earlier date. It was taken for a leftover of an earlier use and left out, as the kernel does.",
        do_en: "Nothing needs to be done, unless the newest changes before the crash are missing.",
        ko: "저널의 마지막 트랜잭션 뒤에 있는 내용은 번호가 {transaction}이지만 체크섬이 틀리고 날짜가 더 이릅니다. 이전 사용의 잔여물로 보고 커널과 같은 방식으로 제외했습니다.",
        do_ko: "비정상 종료 직전의 최신 변경 사항이 빠져 있지 않다면 조치할 필요가 없습니다.";
    JOURNAL_BLOCK_CHECKSUM = "journal-block-checksum", Loss,
        en: "The journal's copy of filesystem block {block} is damaged: its checksum does not match. The block is shown as it was before that copy.",
        do_en: "Files whose metadata lies in this block may show an older state. Look at the other findings for what is affected.",
        ko: "저널에 있는 파일 시스템 블록 {block}의 사본이 손상되었습니다(체크섬 불일치). 이 블록은 해당 사본 이전의 상태로 표시됩니다.",
        do_ko: "메타데이터가 이 블록에 있는 파일은 이전 상태로 보일 수 있습니다. 영향 범위는 다른 발견 항목을 확인하십시오.";
    JOURNAL_BLOCK_OUTSIDE = "journal-block-outside", Damage,
        en: "The journal has a copy of block {block}, but the filesystem has only {blocks} blocks. The copy was ignored.",
        do_en: "The entry is damaged or was written by a faulty tool. The other entries of the journal were replayed.",
        ko: "저널에 블록 {block}의 사본이 있지만 파일 시스템의 블록은 {blocks}개뿐입니다. 이 사본은 무시했습니다.",
        do_ko: "항목이 손상되었거나 잘못된 도구가 기록한 것입니다. 저널의 나머지 항목은 재생했습니다.";
    JOURNAL_FAST_COMMITS = "journal-fast-commits", Note,
        en: "The journal holds {count} fast commits on top of its last transaction. What they change was laid over the filesystem in memory; the file was not changed.",
        do_en: "Nothing is lost by this. Linux does the same, on the disk itself, when it mounts the filesystem for writing.",
        ko: "저널의 마지막 트랜잭션 이후에 빠른 커밋(fast commit)이 {count}개 있어 그 변경 사항을 메모리에서 반영했습니다. 파일은 변경하지 않았습니다.",
        do_ko: "이 때문에 손실되는 것은 없습니다. Linux도 쓰기용으로 마운트할 때 디스크에서 같은 작업을 합니다.";
    SUPERBLOCK_CHECKSUM = "ext4-superblock-checksum", Damage,
        en: "The checksum of the superblock does not match: it holds {stored}, its bytes give {computed}. It was used all the same, because its values make sense.",
        do_en: "Check sizes and file names for plausibility before you rely on them.",
        ko: "슈퍼블록의 체크섬이 일치하지 않습니다(기록된 값 {stored}, 계산된 값 {computed}). 값 자체는 타당하므로 그대로 사용했습니다.",
        do_ko: "결과를 신뢰하기 전에 크기와 파일 이름이 타당한지 확인하십시오.";
    SUPERBLOCK_COPY = "ext4-superblock-copy", Damage,
        en: "The superblock is damaged: {reason}. Its copy in block {block} (block size {size}) was used instead.",
        do_en: "Save what you need first. To repair a copy of the disk, run e2fsck -b {block} -B {size} on it.",
        ko: "슈퍼블록이 손상되었습니다: {reason}. 블록 {block}에 있는 사본(블록 크기 {size})을 대신 사용했습니다.",
        do_ko: "필요한 데이터를 먼저 저장하십시오. 복구가 필요하면 디스크 사본에서 e2fsck -b {block} -B {size}을(를) 실행하십시오.";
    KERNEL_ERRORS = "ext4-kernel-errors", Damage,
        en: "The kernel recorded {count} errors in this filesystem, the last one in {function} (inode {inode}, block {block}; 0 stands for none).",
        do_en: "The filesystem was damaged while it was in use. Look at the other findings for what is affected, and save what is whole before anything is repaired.",
        ko: "커널이 이 파일 시스템에서 오류 {count}건을 기록했습니다. 마지막 오류는 {function}에서 발생했습니다(아이노드 {inode}, 블록 {block}; 0은 해당 없음).",
        do_ko: "사용 중에 파일 시스템이 손상되었습니다. 다른 발견 항목에서 영향 범위를 확인하고, 복구를 시도하기 전에 온전한 데이터를 먼저 저장하십시오.";
    NOT_UNMOUNTED = "ext4-not-unmounted", Note,
        en: "The filesystem was not unmounted and has no journal. The last changes may be incomplete.",
        do_en: "Nothing needs to be done for reading. Files written shortly before the crash deserve a look.",
        ko: "파일 시스템이 정상적으로 마운트 해제되지 않았고 저널도 없습니다. 마지막 변경 사항이 불완전할 수 있습니다.",
        do_ko: "읽는 데에는 별도 조치가 필요하지 않습니다. 비정상 종료 직전에 기록된 파일은 확인해 보십시오.";
    UNKNOWN_FEATURE = "ext4-unknown-feature", Note,
        en: "The filesystem has a feature that this version does not know ({feature}). It is of a kind that does not hinder reading.",
        do_en: "Nothing needs to be done.",
        ko: "이 버전이 알지 못하는 파일 시스템 기능이 있습니다({feature}). 읽기를 방해하지 않는 종류의 기능입니다.",
        do_ko: "조치할 필요가 없습니다.";
    FILESYSTEM_CUT = "ext4-cut", Loss,
        en: "The filesystem has {size} bytes, but only {present} of them are on the disk. Files in the missing part cannot be read.",
        do_en: "The disk file was cut short, most likely while it was copied or because a drive was full. Look for a complete copy.",
        ko: "파일 시스템의 크기는 {size}바이트이지만 디스크에는 {present}바이트만 있습니다. 없는 부분에 있는 파일은 읽을 수 없습니다.",
        do_ko: "복사 중에 끊겼거나 드라이브가 가득 차서 디스크 파일이 잘린 것으로 보입니다. 온전한 사본이 있는지 찾아보십시오.";
    ORPHANS = "ext4-orphans", Note,
        en: "Some files were deleted or shortened while still in use when the machine stopped. They have no name any more and are not listed.",
        do_en: "Nothing needs to be done; the kernel would clear them away at the next mount.",
        ko: "컴퓨터가 멈췄을 때 사용 중인 상태로 삭제되거나 크기가 줄어들던 파일이 있습니다. 이름이 남아 있지 않아 표시되지 않습니다.",
        do_ko: "조치할 필요가 없습니다. 다음 마운트 때 커널이 정리하는 파일입니다.";
    GROUP_CHECKSUM = "ext4-group-checksum", Damage,
        en: "The checksum of a group descriptor does not match: it holds {stored}, its bytes give {computed}. It was used all the same, and the whole inode table of the group is read.",
        do_en: "If files of this group look wrong, the descriptor is the cause. Look at the other findings for what is affected.",
        ko: "그룹 디스크립터의 체크섬이 일치하지 않습니다(기록된 값 {stored}, 계산된 값 {computed}). 그대로 사용했으며 해당 그룹의 아이노드 테이블은 전체를 읽습니다.",
        do_ko: "이 그룹의 파일이 이상해 보인다면 디스크립터가 원인입니다. 영향 범위는 다른 발견 항목을 확인하십시오.";
    GROUP_FIELD = "ext4-group-field", Damage,
        en: "A value in a group descriptor makes no sense: {reason}. It was used all the same.",
        do_en: "If files of this group look wrong, the descriptor is the cause. The kernel refuses to mount this filesystem.",
        ko: "그룹 디스크립터에 타당하지 않은 값이 있습니다: {reason}. 그대로 사용했습니다.",
        do_ko: "이 그룹의 파일이 이상해 보인다면 디스크립터가 원인입니다. 커널은 이 파일 시스템을 마운트하지 않습니다.";
    GROUP_COPY = "ext4-group-copy", Damage,
        en: "{count} group descriptors are damaged: {reason}. Their copies in block {copy} were used instead.",
        do_en: "Nothing is missing because of this, except how much space is in use. Save what you need before the filesystem is repaired.",
        ko: "그룹 디스크립터 {count}개가 손상되었습니다: {reason}. 블록 {copy}에 있는 사본을 대신 사용했습니다.",
        do_ko: "사용 중인 공간의 크기를 알 수 없는 것 외에 빠진 내용은 없습니다. 파일 시스템을 복구하기 전에 필요한 데이터를 저장하십시오.";
    GROUP_UNREADABLE = "ext4-group-unreadable", Loss,
        en: "A block group cannot be used: {reason}. The files whose inodes lie in it cannot be read.",
        do_en: "Everything outside this group is not affected.",
        ko: "블록 그룹을 사용할 수 없습니다: {reason}. 아이노드가 이 그룹에 있는 파일은 읽을 수 없습니다.",
        do_ko: "이 그룹 밖의 데이터에는 영향이 없습니다.";
    INODE_TABLE = "ext4-inode-table", Loss,
        en: "Inodes cannot be read: {reason}. The files they describe are not in the answer.",
        do_en: "Everything else is not affected. If the reason is a read error, copy the disk file to another drive first.",
        ko: "아이노드를 읽을 수 없습니다: {reason}. 해당 파일은 결과에 포함되지 않았습니다.",
        do_ko: "나머지에는 영향이 없습니다. 읽기 오류가 원인이라면 먼저 디스크 파일을 다른 드라이브로 복사하십시오.";
    INODE_CHECKSUM = "ext4-inode-checksum", Damage,
        en: "The checksum of an inode does not match: it holds {stored}, its bytes give {computed}. The file is shown as the inode describes it, which may be wrong.",
        do_en: "Compare the file with another copy before you rely on it.",
        ko: "아이노드의 체크섬이 일치하지 않습니다(기록된 값 {stored}, 계산된 값 {computed}). 아이노드에 기록된 대로 표시하지만 내용이 틀릴 수 있습니다.",
        do_ko: "이 파일을 신뢰하기 전에 다른 사본과 비교하십시오.";
    INODE_FIELD = "ext4-inode-field", Damage,
        en: "A value in an inode makes no sense: {reason}.",
        do_en: "The rest of the file's metadata was read. Compare the file with another copy before you rely on it.",
        ko: "아이노드에 타당하지 않은 값이 있습니다: {reason}.",
        do_ko: "파일의 나머지 메타데이터는 읽었습니다. 이 파일을 신뢰하기 전에 다른 사본과 비교하십시오.";
    INODE_DELETED = "ext4-inode-deleted", Damage,
        en: "A directory names an inode that is marked as deleted. It is shown as far as it is still there.",
        do_en: "The kernel would refuse to open this file. Check its content before you use it; its blocks may have been given to other files.",
        ko: "삭제된 것으로 표시된 아이노드를 디렉터리가 가리키고 있습니다. 남아 있는 내용만 표시합니다.",
        do_ko: "커널은 이 파일을 열지 않습니다. 블록이 다른 파일에 재사용되었을 수 있으므로 사용하기 전에 내용을 확인하십시오.";
    BLOCK_MAPPING = "ext4-block-mapping", Loss,
        en: "It is not known where a part of a file lies on the disk: {reason}. That part cannot be read.",
        do_en: "The rest of the file can be read. Use the part that is left, or another copy.",
        ko: "파일의 일부가 디스크의 어디에 있는지 알 수 없습니다: {reason}. 그 부분은 읽을 수 없습니다.",
        do_ko: "파일의 나머지 부분은 읽을 수 있습니다. 남은 부분이나 다른 사본을 사용하십시오.";
    EXTENT_CHECKSUM = "ext4-extent-checksum", Damage,
        en: "The checksum of a block that says where a file lies does not match: it holds {stored}, its bytes give {computed}. The file is read as that block says, which may be wrong.",
        do_en: "Compare the file with another copy before you rely on it.",
        ko: "파일의 위치를 기록한 블록의 체크섬이 일치하지 않습니다(기록된 값 {stored}, 계산된 값 {computed}). 블록에 기록된 대로 읽지만 내용이 틀릴 수 있습니다.",
        do_ko: "이 파일을 신뢰하기 전에 다른 사본과 비교하십시오.";
    DIRECTORY_CHECKSUM = "ext4-directory-checksum", Damage,
        en: "The checksum of a directory block does not match: {reason}. Its names are shown as they stand there; some may be wrong or missing.",
        do_en: "Compare the names in this directory with what you expect.",
        ko: "디렉터리 블록의 체크섬이 일치하지 않습니다: {reason}. 이름은 기록된 대로 표시하지만 일부가 틀리거나 빠졌을 수 있습니다.",
        do_ko: "이 디렉터리의 이름이 예상과 맞는지 확인하십시오.";
    HTREE_INDEX = "ext4-htree-index", Damage,
        en: "The index of a directory is damaged: {reason}. Names are not read through the index, so none is missing because of it.",
        do_en: "Nothing needs to be done for reading.",
        ko: "디렉터리 인덱스가 손상되었습니다: {reason}. 인덱스를 거치지 않고 이름을 읽으므로 이 때문에 빠진 이름은 없습니다.",
        do_ko: "읽는 데에는 별도 조치가 필요하지 않습니다.";
    DIRECTORY_BLOCK = "ext4-directory-block", Loss,
        en: "A part of a directory cannot be read: {reason}. The names in it are missing.",
        do_en: "The files themselves may still be there without a name. The rest of the directory is not affected.",
        ko: "디렉터리의 일부를 읽을 수 없습니다: {reason}. 그 부분에 있는 이름이 빠져 있습니다.",
        do_ko: "파일 자체는 이름 없이 남아 있을 수 있습니다. 디렉터리의 나머지 부분에는 영향이 없습니다.";
    DIRECTORY_ENTRY = "ext4-directory-entry", Loss,
        en: "A directory entry was left out: {reason}.",
        do_en: "The other entries of the directory are not affected.",
        ko: "디렉터리 항목 하나를 제외했습니다: {reason}.",
        do_ko: "디렉터리의 다른 항목에는 영향이 없습니다.";
    DIRECTORY_REBUILT = "ext4-directory-rebuilt", Loss,
        en: "The inode of a directory is damaged. The directory was put together again from its {blocks} blocks, which hold {names} names; its owner, permissions, times and extended attributes are not known.",
        do_en: "The files in it can be used. Set the owner and permissions of the directory itself after you copied it.",
        ko: "디렉터리의 아이노드가 손상되었습니다. 디렉터리의 블록 {blocks}개에서 이름 {names}개를 찾아 다시 구성했습니다. 소유자, 권한, 시각, 확장 속성은 알 수 없습니다.",
        do_ko: "디렉터리 안의 파일은 사용할 수 있습니다. 복사한 뒤 디렉터리 자체의 소유자와 권한을 다시 지정하십시오.";
    DIRECTORY_REBUILT_IN_PART = "ext4-directory-rebuilt-in-part", Loss,
        en: "The inode of a directory is damaged. {blocks} of its blocks with {names} names were found; whether it had more is not known, nor are its owner, permissions, times and extended attributes.",
        do_en: "The files in it can be used. What else was in it is shown in /lost+found under the number of its inode.",
        ko: "디렉터리의 아이노드가 손상되었습니다. 블록 {blocks}개에서 이름 {names}개를 찾았지만 블록이 더 있었는지는 알 수 없으며 소유자, 권한, 시각, 확장 속성도 알 수 없습니다.",
        do_ko: "디렉터리 안의 파일은 사용할 수 있습니다. 나머지 내용은 /lost+found에 아이노드 번호로 표시합니다.";
    STRAYS = "ext4-strays", Loss,
        en: "{count} files and directories are in use, but no directory names them any more. They are shown in /lost+found under the numbers of their inodes.",
        do_en: "Look into /lost+found for what is missing elsewhere. What lies below such a directory has kept its names.",
        ko: "사용 중이지만 어떤 디렉터리에도 이름이 없는 파일과 디렉터리가 {count}개 있습니다. /lost+found에 아이노드 번호로 표시합니다.",
        do_ko: "다른 곳에 보이지 않는 파일은 /lost+found에서 찾아보십시오. 이 디렉터리 아래에 있는 항목의 이름은 그대로 남아 있습니다.";
    BLOCKS_CLAIMED_TWICE = "ext4-blocks-claimed-twice", Damage,
        en: "{count} blocks of this file, from block {block} of the filesystem on, belong to {other} as well. One of the two shows content that is not its own.",
        do_en: "Compare both files with other copies before you rely on either of them.",
        ko: "이 파일의 블록 {count}개(파일 시스템 블록 {block}부터)를 {other}에서도 사용하고 있습니다. 둘 중 하나는 자기 것이 아닌 내용을 보여 줍니다.",
        do_ko: "두 파일을 신뢰하기 전에 각각 다른 사본과 비교하십시오.";
    XATTR = "ext4-xattr", Loss,
        en: "Extended attributes of a file cannot be read: {reason}.",
        do_en: "The content of the file is not affected. In a layer of an image, an attribute may mark a deleted file or an opaque directory.",
        ko: "파일의 확장 속성을 읽을 수 없습니다: {reason}.",
        do_ko: "파일 내용에는 영향이 없습니다. 이미지 레이어에서는 확장 속성이 삭제된 파일이나 불투명 디렉터리를 나타낼 수 있습니다.";
    XATTR_TWICE = "ext4-xattr-twice", Damage,
        en: "A file has two extended attributes of the same name. The first one is shown, as the kernel does.",
        do_en: "The content of the file is not affected. Check permissions and capabilities before you rely on them.",
        ko: "한 파일에 같은 이름의 확장 속성이 둘 있습니다. 커널과 같은 방식으로 첫 번째 속성을 표시합니다.",
        do_ko: "파일 내용에는 영향이 없습니다. 권한과 capability는 신뢰하기 전에 확인하십시오.";
    XATTR_CHECKSUM = "ext4-xattr-checksum", Damage,
        en: "The checksum of a block of extended attributes does not match: it holds {stored}, its bytes give {computed}. The attributes are shown as they stand there.",
        do_en: "The content of the file is not affected. Check permissions and capabilities before you rely on them.",
        ko: "확장 속성 블록의 체크섬이 일치하지 않습니다(기록된 값 {stored}, 계산된 값 {computed}). 속성은 기록된 대로 표시합니다.",
        do_ko: "파일 내용에는 영향이 없습니다. 권한과 capability는 신뢰하기 전에 확인하십시오.";
    XATTR_VALUE_HASH = "ext4-xattr-value-hash", Damage,
        en: "The value of an extended attribute does not match its hash: {stored} is recorded, its bytes give {computed}. It is shown as it stands there.",
        do_en: "Compare the attribute with another copy before you rely on it.",
        ko: "확장 속성 값이 해시와 일치하지 않습니다(기록된 값 {stored}, 계산된 값 {computed}). 기록된 대로 표시합니다.",
        do_ko: "이 속성을 신뢰하기 전에 다른 사본과 비교하십시오.";
    ENCRYPTED = "ext4-encrypted", Loss,
        en: "This is encrypted by the filesystem (fscrypt). Its names and content cannot be shown.",
        do_en: "The key is not on the disk. Start the system that encrypted it and copy the files there.",
        ko: "파일 시스템 암호화(fscrypt)가 적용되어 있어 이름과 내용을 표시할 수 없습니다.",
        do_ko: "키는 디스크에 없습니다. 암호화한 시스템을 시작하여 그곳에서 파일을 복사하십시오.";
    JOURNAL_EXTERNAL = "ext4-journal-external", Loss,
        en: "The journal of this filesystem lies on another disk, the one with the id {uuid}, and holds changes that were not yet written back. They are missing.",
        do_en: "What was changed shortly before the crash is shown in its older state. Give the disk that holds the journal too (--parent FILE, or pick both files together), and it is shown as it was.",
        ko: "이 파일 시스템의 저널은 다른 디스크(ID {uuid})에 있으며 아직 반영되지 않은 변경 사항이 그곳에 들어 있습니다. 해당 변경 사항은 빠져 있습니다.",
        do_ko: "비정상 종료 직전에 변경된 내용은 이전 상태로 표시됩니다. 저널이 있는 디스크도 함께 지정하면(--parent FILE 또는 두 파일을 함께 선택) 최신 상태로 표시됩니다.";
    JOURNAL_INODE = "ext4-journal-inode", Damage,
        en: "The inode of the journal is damaged: {reason}. The journal was found through its copy in the superblock.",
        do_en: "Nothing is missing because of this.",
        ko: "저널의 아이노드가 손상되었습니다: {reason}. 슈퍼블록에 있는 사본을 이용해 저널을 찾았습니다.",
        do_ko: "이 때문에 빠진 내용은 없습니다.";
    JOURNAL_DAMAGED = "ext4-journal-damaged", Damage,
        en: "The journal is damaged: {reason}. The filesystem was unmounted cleanly, so nothing in it is needed.",
        do_en: "Nothing is missing because of this. The kernel would refuse to mount the filesystem until the journal is rebuilt.",
        ko: "저널이 손상되었습니다: {reason}. 파일 시스템은 정상적으로 마운트 해제되었으므로 저널의 내용은 필요하지 않습니다.",
        do_ko: "이 때문에 빠진 내용은 없습니다. 저널을 다시 만들기 전에는 커널이 이 파일 시스템을 마운트하지 않습니다.";
    JOURNAL_UNANNOUNCED = "ext4-journal-unannounced", Note,
        en: "The superblock says that the journal is empty, but it holds finished transactions. They were replayed.",
        do_en: "Nothing needs to be done. The superblock was probably restored from a copy.",
        ko: "슈퍼블록에는 저널이 비어 있다고 기록되어 있지만 완료된 트랜잭션이 들어 있어 재생했습니다.",
        do_ko: "조치할 필요가 없습니다. 슈퍼블록이 사본에서 복원된 것으로 보입니다.";
}
