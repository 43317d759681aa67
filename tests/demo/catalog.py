"""What stands in the demo images: package records of a small research group, made up, with real package names.

A step is one layer: ("copy", {...}) adds and replaces, ("run", [...]) runs pocket commands in a container.
Keys of a copy: apt, pip, conda (records to add or upgrade), files (path: text).
"""

# name, version, source (None: the same), section, summary; architecture is amd64, or all after a slash
APT_BASE = """
apt 2.6.1 - admin Commandline package manager
base-files 12.4+deb12u5 - admin Base system miscellaneous files
base-passwd 3.6.1 - admin Base system master password and group files
bash 5.2.15-2+b2 bash(5.2.15-2) shells The shell of the system
ca-certificates/all 20230311 - misc Common CA certificates
coreutils 9.1-1 - utils File, shell and text tools
curl 7.88.1-10+deb12u5 - web Transfer a URL from the command line
dash 0.5.12-2 - shells A small shell
debconf/all 1.5.82 - admin Configuration questions of packages
debianutils 5.7-0.5~deb12u1 - utils Tools used by package scripts
diffutils 1:3.8-4 - utils File comparison tools
dpkg 1.21.22 - admin Package management system
findutils 4.9.0-4 - utils Tools to find files
gcc-12-base 12.2.0-14 gcc-12 libs Base package of the compiler collection
grep 3.8-5 - utils Search for patterns
gzip 1.12-1 - utils Compression tools
hostname 3.23+nmu1 - admin Show or set the host name
init-system-helpers/all 1.65.2 - admin Helpers of init systems
libacl1 2.3.1-3 acl libs Access control lists, shared library
libattr1 1:2.5.1-4 attr libs Extended attributes, shared library
libblkid1 2.38.1-5+b1 util-linux(2.38.1-5) libs Block device identification
libbz2-1.0 1.0.8-5+b1 bzip2(1.0.8-5) libs Compressor, shared library
libc-bin 2.36-9+deb12u4 glibc libs C library, binaries
libc6 2.36-9+deb12u4 glibc libs C library, shared libraries
libcap2 1:2.66-4 - libs POSIX capabilities
libcurl4 7.88.1-10+deb12u5 curl libs URL transfer library
libdb5.3 5.3.28+dfsg2-1 db5.3 libs Database library
libexpat1 2.5.0-1 expat libs XML parsing library
libffi8 3.4.4-1 libffi libs Foreign function interface
libgcc-s1 12.2.0-14 gcc-12 libs Compiler support library
libgmp10 2:6.2.1+dfsg1-1.1 gmp libs Multiprecision arithmetic
liblzma5 5.4.1-0.2 xz-utils libs XZ compression library
libpam-modules 1.5.2-6+deb12u1 pam admin Authentication modules
libpcre2-8-0 10.42-1 pcre2 libs Regular expressions
libreadline8 8.2-1.3 readline libs Line editing
libsqlite3-0 3.40.1-2 sqlite3 libs SQL database library
libssl3 3.0.11-1~deb12u2 openssl libs TLS toolkit, shared libraries
libstdc++6 12.2.0-14 gcc-12 libs C++ library
libsystemd0 252.22-1~deb12u1 systemd libs Utility library of the service manager
libzstd1 1.5.4+dfsg2-5 libzstd libs Fast compression
login 1:4.13+dfsg1-1+b1 shadow(1:4.13+dfsg1-1) admin Login tools
mawk 1.3.4.20200120-3.1 - interpreters Pattern scanning language
netbase/all 6.4 - admin Network names
openssl 3.0.11-1~deb12u2 - utils TLS toolkit, tools
passwd 1:4.13+dfsg1-1+b1 shadow(1:4.13+dfsg1-1) admin Change passwords
perl-base 5.36.0-7+deb12u1 perl perl Minimal interpreter
python3 3.11.2-1+b1 python3-defaults(3.11.2-1) python Interactive language
python3-six/all 1.16.0-4 six python Compatibility library
python3.11 3.11.2-6 - python Interactive language, version 3.11
sed 4.9-1 - utils Stream editor
sysvinit-utils 3.06-4 sysvinit admin Tools for services
tar 1.34+dfsg-1.2+deb12u1 - utils Archiving tool
tzdata/all 2024a-0+deb12u1 - localization Time zones
util-linux 2.38.1-5+b1 util-linux(2.38.1-5) utils System tools
zlib1g 1:1.2.13.dfsg-1 zlib(1:1.2.13.dfsg-1) libs Compression library
"""

SECURITY = """
libssl3 3.0.15-1~deb12u1 openssl libs TLS toolkit, shared libraries
openssl 3.0.15-1~deb12u1 - utils TLS toolkit, tools
libc6 2.36-9+deb12u9 glibc libs C library, shared libraries
libc-bin 2.36-9+deb12u9 glibc libs C library, binaries
"""

# environment, name, version, installer; "editable" as a fifth word
PIP_ANALYSIS = """
/usr/local numpy 1.24.4 pip
/usr/local pandas 2.0.3 pip
/usr/local python-dateutil 2.8.2 pip
/usr/local pytz 2024.1 pip
/usr/local six 1.16.0 pip
/usr/local scipy 1.11.4 pip
/usr/local matplotlib 3.8.3 pip
/usr/local contourpy 1.2.0 pip
/usr/local cycler 0.12.1 pip
/usr/local fonttools 4.50.0 pip
/usr/local kiwisolver 1.4.5 pip
/usr/local packaging 23.2 pip
/usr/local pillow 10.2.0 pip
/usr/local pyparsing 3.1.2 pip
/usr/local Jinja2 3.1.3 pip
/usr/local MarkupSafe 2.1.5 pip
/usr/local requests 2.31.0 pip
/usr/local urllib3 2.2.1 pip
/usr/local idna 3.6 pip
/usr/local certifi 2024.2.2 pip
/usr/local charset-normalizer 3.3.2 pip
/usr/local old-plotter 0.4.2 pip
/usr/local hanbit-survey 0.3.0 pip editable
"""
PIP_API = """
/opt/venv fastapi 0.110.0 pip
/opt/venv starlette 0.36.3 pip
/opt/venv pydantic 2.6.4 pip
/opt/venv pydantic_core 2.16.3 pip
/opt/venv annotated-types 0.6.0 pip
/opt/venv typing_extensions 4.10.0 pip
/opt/venv anyio 4.3.0 pip
/opt/venv sniffio 1.3.1 pip
/opt/venv idna 3.6 pip
/opt/venv uvicorn 0.29.0 pip
/opt/venv click 8.1.7 pip
/opt/venv h11 0.14.0 pip
/opt/venv SQLAlchemy 2.0.29 pip
/opt/venv greenlet 3.0.3 pip
/opt/venv psycopg2 2.9.9 pip
/opt/venv numpy 1.26.4 pip
/opt/venv Jinja2 3.1.2 pip
/opt/venv MarkupSafe 2.1.5 pip
/opt/venv packaging 24.0 pip
/opt/venv requests 2.31.0 pip
/opt/venv urllib3 2.0.7 pip
/opt/venv certifi 2024.2.2 pip
/opt/venv charset-normalizer 3.3.2 pip
/opt/venv six 1.16.0 pip
"""
PIP_TRAINER = """
/opt/conda numpy 1.23.5 conda
/opt/conda requests 2.31.0 conda
/opt/conda six 1.16.0 conda
/opt/conda packaging 23.1 conda
/opt/conda Jinja2 3.1.3 conda
/opt/conda MarkupSafe 2.1.3 conda
/opt/conda torch 2.2.1 conda
/opt/conda transformers 4.39.1 pip
/opt/conda tokenizers 0.15.2 pip
/opt/conda huggingface-hub 0.22.0 pip
/opt/conda safetensors 0.4.2 pip
/opt/conda tqdm 4.66.2 pip
/opt/conda urllib3 2.1.0 conda
/opt/conda idna 3.6 conda
/opt/conda certifi 2024.2.2 conda
/opt/conda charset-normalizer 3.3.2 pip
"""

# environment, name, version, build
CONDA_ANALYSIS = """
/opt/conda python 3.11.8 hab00c5b_0_cpython
/opt/conda conda 24.1.2 py311h38be061_0
/opt/conda openssl 3.2.1 hd590300_0
/opt/conda ca-certificates 2024.2.2 hbcca054_0
/opt/conda libzlib 1.2.13 hd590300_5
/opt/conda numpy 1.26.4 py311h64a7726_0
/opt/conda requests 2.31.0 pyhd8ed1ab_0
/opt/conda tzdata 2024a h0c530f3_0
/opt/conda/envs/geo python 3.12.2 hab00c5b_0_cpython
/opt/conda/envs/geo gdal 3.8.4 py312h1f1d3f7_4
/opt/conda/envs/geo proj 9.3.1 h1d62c97_0
/opt/conda/envs/geo geos 3.12.1 h59595ed_0
/opt/conda/envs/geo numpy 1.26.4 py312heda63a1_0
/opt/conda/envs/geo openssl 3.2.1 hd590300_0
"""
CONDA_TRAINER = """
/opt/conda python 3.10.14 hd12c33a_0_cpython
/opt/conda conda 23.11.0 py310hff52083_1
/opt/conda openssl 3.2.1 hd590300_0
/opt/conda ca-certificates 2024.2.2 hbcca054_0
/opt/conda libzlib 1.2.13 hd590300_5
/opt/conda numpy 1.23.5 py310h53a5b5f_0
/opt/conda requests 2.31.0 pyhd8ed1ab_0
/opt/conda pytorch 2.2.1 cpu_generic_py310ha4c588e_1
/opt/conda mkl 2023.2.0 h84fe81f_50496
/opt/conda tzdata 2024a h0c530f3_0
"""

OS_RELEASE = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nVERSION="12 (bookworm)"\nID=debian\n'

BASE = [
    ("copy", dict(program=True, apt=APT_BASE, pip="/usr six 1.16.0 egg-info", files={
        "/etc/os-release": OS_RELEASE, "/etc/debian_version": "12.5\n", "/etc/motd": "Hanbit Lab base image\n",
        "/etc/passwd": "root:x:0:0:root:/root:/bin/pocket\nanalyst:x:1000:1000::/home/analyst:/bin/pocket\n",
        "/usr/share/doc/hanbit/README": "Field data processing of the Hanbit Lab (a made-up group).\n"})),
]

IMAGES = {
    "hanbit/analysis:2.1": [
        ("copy", dict(apt="""
            gdal-bin 3.6.2+dfsg-1+b2 gdal(3.6.2+dfsg-1) science Tools for geographic data
            libgdal32 3.6.2+dfsg-1+b2 gdal(3.6.2+dfsg-1) libs Library for geographic data
            libproj25 9.1.1-1+b1 proj(9.1.1-1) libs Cartographic projections
            fonts-nanum/all 20200506-1 - fonts Korean fonts
            git 1:2.39.2-1.1 - vcs Version control""")),
        ("copy", dict(pip=PIP_ANALYSIS, files={
            "/opt/hanbit_survey/pyproject.toml": '[project]\nname = "hanbit-survey"\nversion = "0.3.0"\n',
            "/opt/hanbit_survey/hanbit_survey/__init__.py": "def mean(values):\n    return sum(values) / len(values)\n"})),
        ("copy", dict(conda=CONDA_ANALYSIS)),
        ("copy", dict(files={f"/var/cache/tiles/{z}-{x}.tile": f"tile {z} {x}\n" for z in range(3) for x in range(4)})),
        # numpy upgraded and old-plotter removed: whiteouts of whole directories
        ("copy", dict(pip="/usr/local numpy 1.26.4 pip")),
        ("run", ["@forget pip /usr/local numpy 1.24.4", "@forget pip /usr/local old-plotter 0.4.2"]),
        # a directory removed and made again: opaque
        ("run", [f"rm /var/cache/tiles/{z}-{x}.tile" for z in range(3) for x in range(4)]
                + ["rmdir /var/cache/tiles", "mkdir /var/cache/tiles", "write /var/cache/tiles/README emptied on purpose"]),
        ("copy", dict(apt=SECURITY + "tzdata/all 2024b-0+deb12u1 - localization Time zones\n")),
        ("copy", dict(files={"/etc/pocket/start": """# what the notebook container does
out notebook: starting, data in /data
out notebook: 214 observations read from observations.csv
err notebook: warning: station 7 has no elevation, left out
append /etc/motd changed in the container
write /home/analyst/today.txt mean temperature 14.2
mkdir /home/analyst/figures
write /home/analyst/figures/march.svg <svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>
rm /usr/share/doc/hanbit/README
write /data/last-run.txt finished without errors
out notebook: 관측값 214개를 읽었습니다
err notebook: warning: disk is 91% full
sleep 0
""", "/home/analyst/.profile": "export PATH=/opt/conda/bin:$PATH\n"})),
    ],
    "hanbit/api:1.4": [
        ("copy", dict(apt="""
            nginx 1.22.1-9 - httpd Web server
            nginx-common/all 1.22.1-9 nginx httpd Web server, common files
            libpq5 15.5-0+deb12u1 postgresql-15 libs PostgreSQL client library
            libxml2 2.9.14+dfsg-1.3~deb12u1 - libs XML library
            postgresql-client-15 15.5-0+deb12u1 postgresql-15 database Client of the database
            rsync 3.2.7-1 - net File copying [deinstall ok config-files]""")),
        ("copy", dict(pip=PIP_API, files={"/opt/venv/pyvenv.cfg": "home = /usr/bin\ninclude-system-site-packages = false\nversion = 3.11.2\n"})),
        ("copy", dict(apt=SECURITY + "curl 7.88.1-10+deb12u8 - web Transfer a URL from the command line\nlibcurl4 7.88.1-10+deb12u8 curl libs URL transfer library\n")),
        ("copy", dict(pip="/opt/venv fastapi 0.110.3 pip")),
        ("run", ["@forget pip /opt/venv fastapi 0.110.0", "write /etc/hanbit-api.conf workers = 2"]),
        ("copy", dict(files={
            "/srv/api/main.py": "from fastapi import FastAPI\n\napp = FastAPI()\n",
            "/etc/pocket/serve": "out INFO: started server process [1]\nout INFO: listening on 0.0.0.0:8000\nerr WARNING: no worker answers, retrying\nout GET /stations 200\nout GET /stations/7 404\nwrite /run/api.pid 1\nsleep 0\n",
            "/etc/pocket/work": "out worker: connected to the queue\nout worker: job 118 done\nerr worker: job 119 failed: column elevation is empty\nwrite /var/log/worker.log job 119 failed\nexit 3\n"})),
    ],
    "hanbit/trainer:0.9": [
        ("copy", dict(apt="""
            libgomp1 12.2.0-14 gcc-12 libs OpenMP support library
            libopenblas0 0.3.21+ds-4 openblas libs Linear algebra
            ffmpeg 7:5.1.4-0+deb12u1 - video Video tools
            git 1:2.39.2-1.1 - vcs Version control [hold ok installed]""")),
        ("copy", dict(conda=CONDA_TRAINER, pip=PIP_TRAINER)),
        ("copy", dict(conda="/opt/conda numpy 1.24.3 py310h5f9d8c6_1", pip="/opt/conda numpy 1.24.3 conda")),
        ("run", ["@forget conda /opt/conda numpy 1.23.5 py310h53a5b5f_0", "@forget pip /opt/conda numpy 1.23.5"]),
        ("copy", dict(files={"/opt/train/config.yaml": "epochs: 3\nseed: 20240301\n", "/opt/train/run": "out epoch 1 loss 0.91\nout epoch 2 loss 0.67\nout epoch 3 loss 0.58\n"})),
    ],
}

NOTES_EN = """# Field notes, spring campaign

Stations 1 to 9 were read every hour. Station 7 lost its elevation record on 12 March;
its rows are kept and marked. `observations.csv` is the table, `readings.db` the same in SQLite.
"""
NOTES_KO = """# 봄철 관측 기록

1번부터 9번 관측소까지 매시간 값을 읽었습니다. 7번 관측소는 3월 12일에 고도 기록을 잃어
해당 행은 그대로 두고 표시만 해 두었습니다. `observations.csv`가 원본 표이고 `readings.db`는
같은 내용을 SQLite로 옮긴 것입니다.
"""


def observations():
    """214 rows: hour, station, temperature, humidity; station 7 without elevation."""
    rows = ["time,station,elevation_m,temperature_c,humidity_pct"]
    for i in range(214):
        station = i % 9 + 1
        elevation = "" if station == 7 else str(40 + 35 * station)
        temperature = 9 + (i * 37 % 113) / 10 - station * 0.4
        rows.append(f"2024-03-{1 + i // 24:02d}T{i % 24:02d}:00:00Z,{station},{elevation},{temperature:.1f},{45 + i * 13 % 40}")
    return "\n".join(rows) + "\n"
