"""The proxies: what each needs, its configuration, its command. All listen on one port of the loopback and pass everything to one backend.

Their logs are off, their limits are high enough for every measure, their connections to the backend are kept; all else is as they come.
"""

import os
import re
import shutil
import subprocess
import zipfile
from dataclasses import dataclass
from pathlib import Path

import machine

BENCHMARKS = Path(__file__).resolve().parent.parent
ROOT = BENCHMARKS.parent
PEERS = BENCHMARKS / "peers"
CORES = os.cpu_count()

# nginx and Culvert read the same file.
NGINX_CONF = """
daemon off;
worker_processes {cores};
worker_rlimit_nofile 65536;
error_log {error_log} error;
pid {folder}/pid;
events {{ worker_connections 20000; }}
http {{
    access_log off;
    {paths}
    keepalive_requests 1000000000;
    upstream backend {{
        server 127.0.0.1:{backend};
        keepalive 100;
        keepalive_requests 1000000000;
    }}
    map $http_upgrade $connection_upgrade {{
        default upgrade;
        ''      '';
    }}
    server {{
        listen 127.0.0.1:{port};
        {tls}
        location / {{
            proxy_pass http://backend;
            proxy_http_version 1.1;
            proxy_set_header Host $host;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
            proxy_read_timeout 1h;
            {more}
        }}
    }}
}}
"""

# Inside server {} and its surroundings, as a WAR reads it.
WAR_CONF = """
upstream backend {{
    server 127.0.0.1:{backend};
    keepalive 100;
    keepalive_requests 1000000000;
}}
map $http_upgrade $connection_upgrade {{
    default upgrade;
    ''      '';
}}
access_log off;
location / {{
    proxy_pass http://backend;
    proxy_set_header Host $host;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection $connection_upgrade;
    proxy_read_timeout 1h;
    {more}
}}
"""

HAPROXY_CFG = """
global
    nbthread {cores}
    maxconn 9000
defaults
    mode http
    timeout connect 5s
    timeout client 1h
    timeout server 1h
    timeout tunnel 1h
    http-reuse always
frontend front
    bind 127.0.0.1:{port}
    default_backend back
backend back
    server one 127.0.0.1:{backend}
"""

# A WebSocket takes a thread of its own here.
HTTPD_CONF = """
ServerRoot {folder}
ServerName localhost
Listen 127.0.0.1:{port}
PidFile {folder}/pid
Mutex file:{folder}
ErrorLog {folder}/error.log
LogLevel error
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule proxy_module {modules}/mod_proxy.so
LoadModule proxy_http_module {modules}/mod_proxy_http.so
ServerLimit 40
ThreadLimit 128
ThreadsPerChild 128
MaxRequestWorkers 5120
AsyncRequestWorkerFactor 4
MaxKeepAliveRequests 0
ProxyPass / http://127.0.0.1:{backend}/ upgrade=websocket
ProxyTimeout 3600
"""

CADDYFILE = """
{{
    admin off
    auto_https off
}}
http://:{port} {{
    bind 127.0.0.1
    reverse_proxy 127.0.0.1:{backend}
}}
"""

SERVER_XML = """<Server port="-1">
  <Service name="Catalina">
    <Connector address="127.0.0.1" port="{port}" protocol="HTTP/1.1" maxConnections="20000" maxKeepAliveRequests="-1"/>
    {tls}
    <Engine name="Catalina" defaultHost="localhost">
      <Host name="localhost" appBase="webapps" autoDeploy="false"/>
    </Engine>
  </Service>
</Server>
"""


NGINX_TLS = "listen 127.0.0.1:{port} ssl; ssl_certificate {certificate}; ssl_certificate_key {key}; ssl_protocols TLSv1.3;"

TOMCAT_TLS = """<Connector address="127.0.0.1" port="{port}" protocol="HTTP/1.1" maxConnections="20000" maxKeepAliveRequests="-1" SSLEnabled="true">
      <SSLHostConfig protocols="TLSv1.3"><Certificate certificateFile="{certificate}" certificateKeyFile="{key}"/></SSLHostConfig>
    </Connector>"""


@dataclass(frozen=True)
class Certificate:
    """PEM files, of the run."""

    certificate: Path
    key: Path


@dataclass
class Context:
    """Where one proxy runs. certificate: None where there is no TLS. java_options: for a JVM."""

    folder: Path
    port: int
    tls_port: int
    backend: int
    certificate: Certificate = None
    java_options: str = ""

    def write(self, name, template, **more):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(template.format(folder=self.folder, port=self.port, backend=self.backend, cores=CORES, **more))
        return path

    def tls(self, template):
        """The lines that have a proxy listen with TLS, or none."""
        if not self.certificate:
            return ""
        return template.format(port=self.tls_port, certificate=self.certificate.certificate, key=self.certificate.key)


class Proxy:
    """One line of every table: name for --only, title, whether it is a JVM (to be warmed).

    only: the measures that it takes part in (None: all but those that are asked for). also: those that are asked for.
    """

    jvm = False
    culvert = False
    more = ""

    @property
    def tunnels(self):
        """Whether its configuration says that it tunnels."""
        return "proxy_websocket tunnel" in self.more

    def __init__(self, name, title, only=None, also=()):
        self.name = name
        self.title = title
        self.only = only
        self.also = also
        self.version = "?"
        self.port = self.tls_port = self.running = None

    def takes(self, measure):
        """Whether it takes part in a measure."""
        return measure.name in self.also if measure.asked else self.only is None or measure.name in self.only

    def missing(self):
        """What is not there and how to get it, or None."""
        raise NotImplementedError

    def find_version(self):
        raise NotImplementedError

    def command(self, context):
        """Writes the configuration; returns the command and its environment."""
        raise NotImplementedError

    def start(self, folder, backend, certificate, java_options=""):
        folder.mkdir(parents=True)
        self.port, self.tls_port = machine.free_port(), machine.free_port()
        context = Context(folder, self.port, self.tls_port, backend, certificate, java_options)
        command, environment = self.command(context)
        self.running = machine.Running(command, folder, environment)

    def stop(self):
        if self.running:
            self.running.stop()
            self.running = None


def _program(name):
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin:/usr/local/sbin")


class Packaged(Proxy):
    """A program of the distribution's."""

    program = package = version_command = version_pattern = None

    def missing(self):
        return None if _program(self.program) else f"no {self.program}: apt-get install {self.package}"

    def find_version(self):
        return machine.first_line([_program(self.program), *self.version_command], self.version_pattern)


class Nginx(Packaged):
    program, package, version_command, version_pattern = "nginx", "nginx-light", ["-v"], r"nginx/(\S+)"

    def __init__(self, name, title, more="", only=None, also=()):
        super().__init__(name, title, only, also)
        self.more = more

    def command(self, context):
        temporary = "".join(
            f"{kind}_temp_path {context.folder}/{kind};\n    " for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        conf = context.write("nginx.conf", NGINX_CONF, error_log=context.folder / "error.log", paths=temporary, tls=context.tls(NGINX_TLS), more=self.more)
        return [_program("nginx"), "-p", str(context.folder), "-c", str(conf), "-e", str(context.folder / "error.log")], None


class Haproxy(Packaged):
    program, package, version_command, version_pattern = "haproxy", "haproxy", ["-v"], r"version (\S+)"

    def command(self, context):
        return [_program("haproxy"), "-db", "-f", str(context.write("haproxy.cfg", HAPROXY_CFG))], None


class Httpd(Packaged):
    program, package, version_command, version_pattern = "apache2", "apache2", ["-v"], r"Apache/(\S+)"

    def command(self, context):
        conf = context.write("httpd.conf", HTTPD_CONF, modules="/usr/lib/apache2/modules")
        return [_program("apache2"), "-d", str(context.folder), "-f", str(conf), "-DFOREGROUND"], None


class Caddy(Packaged):
    program, package, version_command, version_pattern = "caddy", "caddy", ["version"], r"v?(\d\S*)"

    def command(self, context):
        conf = context.write("Caddyfile", CADDYFILE)
        home = {"XDG_DATA_HOME": str(context.folder), "XDG_CONFIG_HOME": str(context.folder)}
        return [_program("caddy"), "run", "--config", str(conf), "--adapter", "caddyfile"], home


class Node(Packaged):
    program, package, version_command, version_pattern = "node", "nodejs", ["-v"], r"v(\S+)"

    def missing(self):
        if super().missing() or (PEERS / "node/node_modules/http-proxy").is_dir():
            return super().missing()
        return "no http-proxy: npm ci --prefix benchmarks/peers/node"

    def find_version(self):
        package = (PEERS / "node/node_modules/http-proxy/package.json").read_text()
        return re.search(r'"version":\s*"([^"]+)"', package).group(1) + " on node " + super().find_version()

    def command(self, context):
        return [_program("node"), str(PEERS / "node/proxy.js"), str(context.port), str(context.backend)], None


def _java():
    return os.path.join(os.environ["JAVA_HOME"], "bin/java") if os.environ.get("JAVA_HOME") else shutil.which("java")


class JavaPeer(Proxy):
    """A main class of benchmarks/peers."""

    jvm = True

    def __init__(self, name, title, module, main, library, only=None):
        super().__init__(name, title, only)
        self.target = PEERS / module / "target"
        self.main = main
        self.library = library

    def missing(self):
        if not _java():
            return "no java: apt-get install openjdk-17-jre-headless"
        if not list(self.target.glob(f"lib/{self.library}-*.jar")):
            return "not built: mvn -q -f benchmarks/peers/pom.xml package"
        return None

    def find_version(self):
        jar = next(self.target.glob(f"lib/{self.library}-[0-9]*.jar"))
        return jar.stem[len(self.library) + 1 :]

    def command(self, context):
        classes = f"{self.target}/classes:{self.target}/lib/*"
        return [_java(), "-cp", classes, self.main, str(context.port), str(context.backend)], None


class Launcher(Proxy):
    """Culvert on its own; more is put into its location."""

    jvm = culvert = True

    def __init__(self, name, title, more, only=None, also=()):
        super().__init__(name, title, only, also)
        self.more = more

    def missing(self):
        if not _java():
            return "no java: apt-get install openjdk-17-jre-headless"
        if not (ROOT / "distribution/launcher/target/culvert.jar").is_file():
            return "not built: mvn -q -Dmaven.test.skip=true -pl distribution/launcher -am package"
        return _refusal(self.more)

    def find_version(self):
        return _culvert_version()

    def command(self, context):
        conf = context.write("nginx.conf", NGINX_CONF, error_log="stderr", paths="", tls=context.tls(NGINX_TLS), more=self.more)
        return [str(ROOT / "culvert"), "-p", str(context.folder), "-c", str(conf)], {"CULVERT_JAVA_OPTS": context.java_options}


class TomcatWar(Proxy):
    """Culvert's WAR in a Tomcat as it is downloaded; more is put into its location."""

    jvm = culvert = True

    def __init__(self, name, title, more, only=None, also=()):
        super().__init__(name, title, only, also)
        self.more = more

    def missing(self):
        if not (ROOT / "distribution/war/target/culvert.war").is_file():
            return "not built: mvn -q -Dmaven.test.skip=true -pl distribution/war -am package"
        if not _tomcat_zip():
            wanted = f"org.apache.tomcat:tomcat:{_tomcat_version()}:zip"
            return f"no Tomcat: mvn -q dependency:get -Dtransitive=false -Dartifact={wanted}"
        return _refusal(self.more)

    def find_version(self):
        return f"{_culvert_version()} in Tomcat {_tomcat_version()}"

    def command(self, context):
        home = context.folder / "home"
        with zipfile.ZipFile(_tomcat_zip()) as archive:
            archive.extractall(home)
        home = home / f"apache-tomcat-{_tomcat_version()}"
        for name in ("bin/catalina.sh", "bin/setclasspath.sh"):
            (home / name).chmod(0o755)
        for name in ("temp", "logs", "work", "webapps"):
            (context.folder / name).mkdir()
        context.write("conf/server.xml", SERVER_XML, tls=context.tls(TOMCAT_TLS))
        shutil.copy(home / "conf/web.xml", context.folder / "conf/web.xml")
        context.write("conf/culvert.conf", WAR_CONF, more=self.more)
        shutil.copy(ROOT / "distribution/war/target/culvert.war", context.folder / "webapps/ROOT.war")
        environment = {"CATALINA_HOME": str(home), "CATALINA_BASE": str(context.folder), "CATALINA_OPTS": context.java_options, "JAVA_OPTS": ""}
        return [str(home / "bin/catalina.sh"), "run"], environment


def _culvert_version():
    text = (ROOT / "culvert").read_text()
    version = re.search(r"^version=(\S+)", text, re.M).group(1)
    commit = machine.first_line(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"])
    return f"{version} ({commit})"


def _tomcat_version():
    return re.search(r"<tomcat11.zip.version>([^<]+)<", (ROOT / "pom.xml").read_text()).group(1)


def _tomcat_zip():
    version = _tomcat_version()
    zip_file = Path.home() / f".m2/repository/org/apache/tomcat/tomcat/{version}/tomcat-{version}.zip"
    return zip_file if zip_file.is_file() else None


def _refusal(more):
    """Why this build of Culvert does not take the form's lines, or None."""
    if not (ROOT / "distribution/launcher/target/culvert.jar").is_file():
        return None
    conf = "events {} http { server { location / { proxy_pass http://127.0.0.1:1; %s } } }" % more
    path = BENCHMARKS / "build/form.conf"
    path.parent.mkdir(exist_ok=True)
    path.write_text(conf)
    done = subprocess.run([str(ROOT / "culvert"), "-t", "-q", "-c", str(path)], capture_output=True, text=True, timeout=60)
    path.unlink()
    return None if done.returncode == 0 else f"this build does not take \"{more}\": {done.stderr.strip()[-300:]}"


WEBSOCKET = ["idle", "echo", "echo-1000", "64k", "shake", "p99"]
NGINX_64K = "proxy_buffer_size 64k; proxy_buffers 8 64k; proxy_busy_buffers_size 128k;"

# nginx is first: all others are compared with it. The order is also the order within a round.
PROXIES = [
    Nginx("nginx", "nginx", also=["echo-tls"]),
    Nginx("nginx-64k", "nginx, 64k buffers", NGINX_64K, only=["64k"]),
    Haproxy("haproxy", "HAProxy"),
    Launcher("tunnel", "Culvert launcher, tunnel", "proxy_websocket tunnel;", only=WEBSOCKET, also=["idle-heap", "echo-tls", "soak"]),
    Launcher("relay", "Culvert launcher, relay", "proxy_websocket relay;", also=["idle-heap", "echo-tls", "soak"]),
    TomcatWar("tomcat-tunnel", "Culvert in Tomcat 11, tunnel", "proxy_websocket tunnel;", only=WEBSOCKET, also=["idle-heap", "echo-tls", "soak"]),
    TomcatWar("tomcat-relay", "Culvert in Tomcat 11, relay", "proxy_websocket relay;", also=["idle-heap", "echo-tls"]),
    JavaPeer("undertow", "Undertow ProxyHandler", "undertow", "peer.UndertowPeer", "undertow-core"),
    JavaPeer("vertx", "vertx-http-proxy", "vertx", "peer.VertxPeer", "vertx-http-proxy"),
    JavaPeer("spring", "Spring Cloud Gateway", "spring-gateway", "peer.SpringGatewayPeer", "spring-cloud-gateway-server"),
    JavaPeer("jetty", "Jetty AsyncProxyServlet", "jetty", "peer.JettyPeer", "jetty-ee10-proxy", only=["http"]),
    Node("node", "node http-proxy"),
    Httpd("httpd", "Apache httpd"),
    Caddy("caddy", "Caddy"),
]
