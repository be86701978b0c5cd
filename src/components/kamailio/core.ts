/** Processes for each UDP socket, and for all TCP connections. */
const udpWorkers = 4;
const tcpWorkers = 2;
/** Processes of a node that take SIP; its UDP sockets are the service address and its own. */
export const sipWorkers = 2 * udpWorkers + tcpWorkers;

/**
 * Core parameters that every Kamailio of ours has, node or edge; what differs is in config.ts and edge.ts.
 * https://www.kamailio.org/wikidocs/cookbooks/5.6.x/core/
 */
export const coreParameters = `# 1 = notices. What strangers send wrongly is no error of ours: corelog 2 hides it.
debug=1
corelog=2
log_stderror=yes
log_name="kamailio"
log_prefix="$ci "
sip_warning=0
server_header="Server: dialtone"
user_agent_header="User-Agent: dialtone"

# Two processors: a few more workers than processors, because a worker may wait (journal on disk, a name server).
children=${udpWorkers}
socket_workers=2
tcp_children=${tcpWorkers}
tcp_connection_lifetime=3605
tcp_max_connections=4096
tcp_connect_timeout=2
tcp_send_timeout=2
tcp_keepalive=yes
tcp_keepidle=30
tcp_keepintvl=10
tcp_keepcnt=3
tcp_rd_buf_size=65536
# Names are looked up in the worker: bounded, because a name server that hangs must not hang us. Rules should
# have addresses.
dns_try_naptr=no
dns_try_ipv6=no
dns_retr_time=1
dns_retr_no=1
dns_servers_no=1
dns_use_search_list=no
use_dst_blocklist=no
disable_core_dump=yes

mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/:/usr/lib/aarch64-linux-gnu/kamailio/modules/"`;
