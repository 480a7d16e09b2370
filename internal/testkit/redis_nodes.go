package testkit

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// startWithin is how long servers may take until they agree, on a busy machine.
const startWithin = 30 * time.Second

// slots is how many a Redis Cluster has.
const slots = 16384

// Node is a Redis of a test's own on the loopback, which it may kill and start
// again. It ends with the test. Nothing but a cluster's map and a sentinel's
// notes outlives a kill: it starts again empty.
type Node struct {
	Addr string // host:port

	t    testing.TB
	args []string
	cmd  *exec.Cmd
}

// RedisCluster is masters that share the slots evenly, without replicas.
type RedisCluster struct {
	Nodes []*Node
	URL   string // as for REDIS_URL
}

// NewRedisCluster starts n masters, each with an nth of the slots, in order, as
// redis-cli --cluster create deals them; a node that does not answer for a second
// counts as failed.
func NewRedisCluster(t testing.TB, n int) *RedisCluster {
	t.Helper()
	c := &RedisCluster{}
	var addrs []string
	for range n {
		dir, ports := t.TempDir(), freePorts(t, 2)
		node := &Node{t: t, Addr: "127.0.0.1:" + ports[0], args: []string{"--port", ports[0], "--cluster-port", ports[1], "--dir", dir, "--save", "",
			"--cluster-enabled", "yes", "--cluster-config-file", filepath.Join(dir, "nodes.conf"), "--cluster-node-timeout", "1000"}}
		node.Start()
		node.do("cluster", "set-config-epoch", len(c.Nodes)+1)
		c.Nodes, addrs = append(c.Nodes, node), append(addrs, node.Addr)
		first := c.Nodes[0].args
		node.do("cluster", "meet", "127.0.0.1", first[1], first[3])
	}
	for i, node := range c.Nodes {
		node.do("cluster", "addslotsrange", i*slots/n, (i+1)*slots/n-1)
	}
	c.URL = "redis-cluster://" + strings.Join(addrs, ",")
	eventually(t, "the nodes are a cluster", func() bool {
		for _, node := range c.Nodes {
			info, err := node.ask("cluster", "info")
			if err != nil || !strings.Contains(info, "cluster_state:ok") || !strings.Contains(info, fmt.Sprintf("cluster_known_nodes:%d", n)) {
				return false
			}
		}
		return true
	})
	return c
}

// NodeOf is the node whose slots a key belongs to.
func (c *RedisCluster) NodeOf(key string) *Node {
	node := c.Nodes[0]
	node.t.Helper()
	slot, err := strconv.Atoi(node.do("cluster", "keyslot", key))
	if err != nil {
		node.t.Fatal(err)
	}
	for i, n := range c.Nodes {
		if slot < (i+1)*slots/len(c.Nodes) {
			return n
		}
	}
	return nil // there is no such slot
}

// RedisSentinel is a master, a replica of it, and sentinels of whom most must
// agree that the master is gone before the replica takes over.
type RedisSentinel struct {
	Master, Replica *Node
	URL             string // as for REDIS_URL
}

// NewRedisSentinel starts them; a master that does not answer for a second counts
// as gone. Further arguments are the replica's, who may be set up otherwise.
func NewRedisSentinel(t testing.TB, sentinels int, replica ...string) *RedisSentinel {
	t.Helper()
	ports := freePorts(t, 2)
	server := func(port string, args ...string) *Node {
		n := &Node{t: t, Addr: "127.0.0.1:" + port, args: append([]string{"--port", port, "--dir", t.TempDir(), "--save", "", "--repl-diskless-sync-delay", "0"}, args...)}
		n.Start()
		return n
	}
	s := &RedisSentinel{Master: server(ports[0])}
	s.Replica = server(ports[1], append([]string{"--replicaof", "127.0.0.1 " + ports[0]}, replica...)...)
	eventually(t, "the replica follows", func() bool {
		info, err := s.Replica.ask("info", "replication")
		return err == nil && strings.Contains(info, "master_link_status:up")
	})
	var addrs []string
	var all []*Node
	for range sentinels {
		port, dir := freePorts(t, 1)[0], t.TempDir()
		file := filepath.Join(dir, "sentinel.conf") // it writes to it
		text := fmt.Sprintf("port %s\ndir %s\nsentinel monitor shop 127.0.0.1 %s %d\nsentinel down-after-milliseconds shop 1000\nsentinel failover-timeout shop 5000\n",
			port, dir, ports[0], sentinels/2+1)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		n := &Node{t: t, Addr: "127.0.0.1:" + port, args: []string{file, "--sentinel"}}
		n.Start()
		all, addrs = append(all, n), append(addrs, n.Addr)
	}
	s.URL = "redis-sentinel://" + strings.Join(addrs, ",") + "/0?master_name=shop"
	eventually(t, "the sentinels know each other and the replica", func() bool {
		for _, n := range all {
			info, err := n.ask("info", "sentinel")
			if err != nil || !strings.Contains(info, fmt.Sprintf("status=ok,address=%s,slaves=1,sentinels=%d", s.Master.Addr, sentinels)) {
				return false
			}
		}
		return true
	})
	return s
}

// Start starts a node that is not running, and returns when it answers.
func (n *Node) Start() {
	n.t.Helper()
	cmd := exec.Command("redis-server", n.args...)
	if err := cmd.Start(); err != nil {
		n.t.Fatalf("testkit: start Redis: %v; apt-get install redis-server", err)
	}
	n.cmd = cmd
	n.t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }) // it may have ended
	eventually(n.t, "Redis answers at "+n.Addr, func() bool { _, err := n.ask("ping"); return err == nil })
}

// Kill ends it at once.
func (n *Node) Kill() {
	_ = n.cmd.Process.Kill()
	_ = n.cmd.Wait() // killed: an error is what we expect
}

// Info is a section of what it says of itself, as lines name:value.
func (n *Node) Info(section string) string {
	n.t.Helper()
	return n.do("info", section)
}

// ask sends one command and returns its answer as text.
func (n *Node) ask(args ...any) (string, error) {
	client := redis.NewClient(&redis.Options{Addr: n.Addr, DialerRetries: 1, MaxRetries: -1,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}})
	answer, err := client.Do(context.Background(), args...).Result()
	return fmt.Sprint(answer), errors.Join(err, client.Close())
}

func (n *Node) do(args ...any) string {
	n.t.Helper()
	answer, err := n.ask(args...)
	if err != nil {
		n.t.Fatalf("testkit: %v at %s: %v", args, n.Addr, err)
	}
	return answer
}

// freePorts are free just now, all different, and none that the system gives to
// those who connect: while a server is dead nobody else takes its port.
func freePorts(t testing.TB, n int) (ports []string) {
	t.Helper()
	for tries := 0; len(ports) < n; tries++ {
		port := strconv.Itoa(15_000 + rand.IntN(17_000))
		l, err := net.Listen("tcp", "127.0.0.1:"+port)
		if err != nil && tries > 100 {
			t.Fatal(err)
		}
		if err == nil {
			defer l.Close() // held until all are drawn
			ports = append(ports, port)
		}
	}
	return ports
}

// eventually waits for a condition.
func eventually(t testing.TB, what string, ready func() bool) {
	t.Helper()
	for deadline := time.Now().Add(startWithin); !ready(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("testkit: after %v still not: %s", startWithin, what)
		}
	}
}
