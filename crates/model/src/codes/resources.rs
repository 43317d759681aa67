//! Rows about what an engine keeps beside images and containers: volumes, networks, build cache, plugins, swarm.

crate::codes::codes! {
    VOLUME_ROWS_FOUND = "volume-rows-found", Damage,
        en: "Records of {count} volumes were found in a part of the database of volumes that nothing leads to any more. They are used where the volume's directory is there and only one reading was found.",
        do_en: "They may be older than the last change of the volume's labels or options. Check these before you make the volumes again.",
        ko: "볼륨 데이터베이스에서 더 이상 연결되지 않는 부분에서 볼륨 {count}개의 기록을 찾았습니다. 볼륨의 디렉터리가 있고 기록이 하나뿐일 때만 사용합니다.",
        do_ko: "레이블이나 옵션이 마지막으로 바뀌기 전의 기록일 수 있습니다. 볼륨을 다시 만들기 전에 확인하십시오.";
    NETWORKS_FOUND = "networks-found", Damage,
        en: "{count} networks were found in a part of the database of networks that nothing leads to any more. They are listed because the database says that this part is in use, or because a container is on them.",
        do_en: "Their settings may be older than the last change. Networks that nothing confirms are not listed.",
        ko: "네트워크 데이터베이스에서 더 이상 연결되지 않는 부분에서 네트워크 {count}개를 찾았습니다. 그 부분이 사용 중이라고 기록되어 있거나 컨테이너가 연결되어 있어 표시합니다.",
        do_ko: "설정이 마지막 변경 이전의 것일 수 있습니다. 확인할 수 없는 네트워크는 표시하지 않습니다.";
    BUILD_CACHE_UNREADABLE = "build-cache-unreadable", Damage,
        en: "The database of the build cache cannot be read: {reason}. Its records are not in the answer.",
        do_en: "Nothing is lost but time: builds make the cache again. Docker does not build, or does not start, with such a file.",
        ko: "빌드 캐시 데이터베이스를 읽을 수 없습니다: {reason}. 캐시 기록은 결과에 없습니다.",
        do_ko: "잃는 것은 시간뿐입니다. 빌드하면 캐시가 다시 만들어집니다. 이 파일이 손상되면 Docker가 빌드하지 못하거나 시작되지 않습니다.";
    BUILD_CACHE_RECORD_BROKEN = "build-cache-record-broken", Damage,
        en: "A value of the record {record} of the build cache cannot be read: {reason}. It is left out; the rest of the record is shown.",
        do_en: "Nothing is lost but time: builds make the cache again.",
        ko: "빌드 캐시 기록 {record}의 값 하나를 읽을 수 없습니다: {reason}. 그 값만 빼고 표시합니다.",
        do_ko: "잃는 것은 시간뿐입니다. 빌드하면 캐시가 다시 만들어집니다.";
    BUILDS_UNREADABLE = "builds-unreadable", Damage,
        en: "The database of past builds cannot be read: {reason}. They are not in the answer.",
        do_en: "Images and volumes do not depend on it.",
        ko: "지난 빌드의 데이터베이스를 읽을 수 없습니다: {reason}. 지난 빌드는 결과에 없습니다.",
        do_ko: "이미지와 볼륨은 이 데이터베이스와 무관합니다.";
    BUILD_RECORD_BROKEN = "build-record-broken", Damage,
        en: "The record of the build {build} cannot be read: {reason}. This build is not in the answer; the others are.",
        do_en: "Images and volumes do not depend on it.",
        ko: "빌드 {build}의 기록을 읽을 수 없습니다: {reason}. 이 빌드만 결과에서 빠졌습니다.",
        do_ko: "이미지와 볼륨은 이 기록과 무관합니다.";
    PLUGIN_RECORD_BROKEN = "plugin-record-broken", Damage,
        en: "The record of the plugin {plugin} cannot be read: {reason}. It is listed by its id alone.",
        do_en: "Volumes or networks of this plugin do not come up without it. Install it again from where it came.",
        ko: "플러그인 {plugin}의 기록을 읽을 수 없습니다: {reason}. ID로만 표시합니다.",
        do_ko: "이 플러그인의 볼륨이나 네트워크는 플러그인 없이 동작하지 않습니다. 원래 받은 곳에서 다시 설치하십시오.";
    SWARM_STATE_BROKEN = "swarm-state-broken", Damage,
        en: "What this node was started in its swarm with cannot be read: {reason}. Its addresses are not in the answer.",
        do_en: "Docker does not take part in the swarm with such a file. Services are defined on the managers.",
        ko: "이 노드가 스웜에 참여한 설정을 읽을 수 없습니다: {reason}. 노드의 주소는 결과에 없습니다.",
        do_ko: "이 파일이 손상되면 Docker가 스웜에 참여하지 못합니다. 서비스는 매니저 노드에 정의되어 있습니다.";
}
