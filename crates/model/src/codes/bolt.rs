//! Rows about bbolt databases: volumes, networks, build cache, containerd. Each says what bbolt prints for the defect,
//! with the public source above the row.

crate::codes::codes! {
    /// <https://github.com/containerd/containerd/issues/3347>, <https://github.com/moby/moby/issues/37238>
    BOLT_PAGE_TYPE = "bolt-page-type", Loss,
        en: "A page of this database is no page of a tree: {reason}. What stands on it is not in the answer; the rest is. Docker or containerd stop there with \"panic: invalid page type: {page}: {flags}\".",
        do_en: "Compare the list with what you expect; look for findings that say what was found on other pages.",
        ko: "이 데이터베이스의 페이지 하나가 트리의 페이지가 아닙니다: {reason}. 그 페이지의 내용만 결과에서 빠졌습니다. Docker나 containerd는 \"panic: invalid page type: {page}: {flags}\"로 중단됩니다.",
        do_ko: "목록을 예상한 내용과 비교하고, 다른 페이지에서 찾은 내용을 알리는 항목이 있는지 확인하십시오.";
    /// <https://github.com/containerd/containerd/issues/9929>, <https://github.com/etcd-io/bbolt/issues/705>
    BOLT_PAGE_MISPLACED = "bolt-page-misplaced", Loss,
        en: "Something else lies where a page of this database belongs: {reason}. What stood on it is not in the answer; the rest is. Docker or containerd stop there with \"panic: assertion failed: Page expected to be: {page}, but self identifies as {id}\".",
        do_en: "Compare the list with what you expect; look for findings that say what was found on other pages.",
        ko: "이 데이터베이스의 페이지 자리에 다른 내용이 있습니다: {reason}. 그 페이지의 내용만 결과에서 빠졌습니다. Docker나 containerd는 \"panic: assertion failed: Page expected to be: {page}, but self identifies as {id}\"로 중단됩니다.",
        do_ko: "목록을 예상한 내용과 비교하고, 다른 페이지에서 찾은 내용을 알리는 항목이 있는지 확인하십시오.";
    /// <https://github.com/etcd-io/bbolt/blob/main/node.go>, `Node.put` and `spill`
    BOLT_PAGE_BEYOND = "bolt-page-beyond", Loss,
        en: "A page of this database leads to one that was never used: {reason}. What should be there is not in the answer. bbolt stops with \"panic: pgid ({page}) above high water mark ({end})\" when it writes there.",
        do_en: "Compare the list with what you expect; look for findings that say what was found on other pages.",
        ko: "이 데이터베이스의 한 페이지가 사용된 적 없는 페이지를 가리킵니다: {reason}. 그곳의 내용은 결과에 없습니다. bbolt는 그곳에 쓸 때 \"panic: pgid ({page}) above high water mark ({end})\"로 중단됩니다.",
        do_ko: "목록을 예상한 내용과 비교하고, 다른 페이지에서 찾은 내용을 알리는 항목이 있는지 확인하십시오.";
    /// <https://github.com/etcd-io/bbolt/issues/883>; the words within are those of `tx_check.go`
    BOLT_PAGE_TWICE = "bolt-page-twice", Loss,
        en: "Two places of this database lead to one page: {reason}. It was read the first time only, so its keys may be missing in the other place. containerd stops with \"panic: freepages: failed to get all reachable pages (page {page}: multiple references …)\".",
        do_en: "Compare the list with what you expect.",
        ko: "이 데이터베이스의 두 곳이 같은 페이지를 가리킵니다: {reason}. 처음 한 번만 읽었으므로 다른 곳에서는 그 키가 빠졌을 수 있습니다. containerd는 \"panic: freepages: failed to get all reachable pages (page {page}: multiple references …)\"로 중단됩니다.",
        do_ko: "목록을 예상한 내용과 비교하십시오.";
    /// <https://github.com/etcd-io/etcd/issues/16222>
    BOLT_FILE_CUT = "bolt-file-cut", Loss,
        en: "This database is shorter than its pages need: {reason}. What stood there is not in the answer. Docker or containerd stop with \"unexpected fault address\" and \"fatal error: fault\".",
        do_en: "Look for a longer copy of the file. What lies in front of the cut was read.",
        ko: "이 데이터베이스 파일이 페이지 수보다 짧습니다: {reason}. 그 뒤의 내용은 결과에 없습니다. Docker나 containerd는 \"unexpected fault address\"와 \"fatal error: fault\"로 중단됩니다.",
        do_ko: "더 긴 사본이 있는지 찾으십시오. 잘린 곳 앞의 내용은 읽었습니다.";
    /// <https://github.com/moby/moby/issues/42099>, <https://github.com/etcd-io/bbolt/issues/135>
    BOLT_FREELIST_BROKEN = "bolt-freelist-broken", Damage,
        en: "The list of free pages of this database is broken: {reason}. Nothing is missing from the answer, which does not need it. Docker or containerd do not start: \"panic: invalid freelist page: {page}, page type is …\".",
        do_en: "Keep a copy of the database before you move it away or mend it (\"bbolt surgery freelist abandon\").",
        ko: "이 데이터베이스의 빈 페이지 목록이 손상되었습니다: {reason}. 결과에는 이 목록이 필요하지 않으므로 빠진 것은 없습니다. Docker나 containerd는 \"panic: invalid freelist page: {page}, page type is …\"로 시작하지 못합니다.",
        do_ko: "데이터베이스를 옮기거나 고치기(\"bbolt surgery freelist abandon\") 전에 사본을 남기십시오.";
    /// <https://github.com/moby/moby/issues/25535>
    BOLT_FREE_IN_USE = "bolt-free-page-in-use", Damage,
        en: "The list of free pages of this database names {count} pages that are in use, the first one is {page}. Nothing is missing from the answer. Docker or containerd stop with \"panic: page {page} already freed\", or write over what is on these pages.",
        do_en: "Take what you need before anything opens this database for writing.",
        ko: "이 데이터베이스의 빈 페이지 목록에 사용 중인 페이지가 {count}개 들어 있습니다. 첫 번째는 {page}입니다. 결과에서 빠진 것은 없습니다. Docker나 containerd는 \"panic: page {page} already freed\"로 중단되거나 이 페이지에 덮어씁니다.",
        do_ko: "다른 프로그램이 쓰기로 열기 전에 필요한 것을 꺼내십시오.";
    /// <https://github.com/etcd-io/bbolt/blob/main/errors/errors.go>, `ErrInvalid`
    BOLT_META_LOST = "bolt-meta-lost", Loss,
        en: "Both meta pages of this database are lost, so nothing says where it begins. {count} other pages of it were found. Docker or containerd refuse it with \"invalid database\".",
        do_en: "What was found may have been deleted or replaced before. Compare it with what you expect.",
        ko: "이 데이터베이스의 메타 페이지 두 개가 모두 손실되어 시작 위치를 알 수 없습니다. 다른 페이지 {count}개를 찾았습니다. Docker나 containerd는 \"invalid database\" 오류로 열지 않습니다.",
        do_ko: "찾은 내용은 이미 삭제되었거나 바뀐 것일 수 있습니다. 예상한 내용과 비교하십시오.";
    BOLT_KEYS_FOUND = "bolt-keys-found", Damage,
        en: "{count} keys stand on {pages} pages of this database that nothing leads to any more, and that are in use. Which list they were in has to be told by what they say.",
        do_en: "Nothing to do: what they say of volumes, networks or images is used where it is beyond doubt.",
        ko: "이 데이터베이스에서 더 이상 연결되지 않지만 사용 중인 페이지 {pages}개에 키 {count}개가 있습니다. 어느 목록에 속했는지는 내용으로 판단해야 합니다.",
        do_ko: "할 일은 없습니다. 볼륨, 네트워크, 이미지에 관한 내용은 확실한 경우에만 사용합니다.";
    BOLT_KEYS_UNCERTAIN = "bolt-keys-uncertain", Note,
        en: "{count} keys stand on {pages} pages of this database that nothing leads to. There is no list of free pages, so they may have been lost, or deleted or replaced long ago.",
        do_en: "Nothing to do: such a key is used only where something else confirms it.",
        ko: "이 데이터베이스에서 연결되지 않은 페이지 {pages}개에 키 {count}개가 있습니다. 빈 페이지 목록이 없어 손실된 것인지, 오래전에 삭제되거나 바뀐 것인지 알 수 없습니다.",
        do_ko: "할 일은 없습니다. 이런 키는 다른 것으로 확인되는 경우에만 사용합니다.";
}
