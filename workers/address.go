package workers

import (
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/rewave/rewave/internal/fault"
)

// Address is what REDIS_URL says: where Redis is, and how it is run.
//
//	redis://USER:PASSWORD@HOST:6379/0                             one server
//	unix:///run/redis/redis.sock                                  the same, by its socket
//	redis-cluster://USER:PASSWORD@HOST:6379,HOST:6379             a Redis Cluster, by some of its nodes
//	redis-sentinel://HOST:26379,HOST:26379/0?master_name=NAME     the master that the sentinels name
//
// With rediss- it is TLS. User and password before a sentinel are the sentinels'
// own; those of Redis are ?username=&password=. Further options are go-redis' of
// that kind (ParseURL, ParseClusterURL, ParseFailoverURL), and so are its own
// forms: redis:// with addr= is a cluster, with master_name= behind sentinels.
type Address struct {
	kind   kind
	nodes  []string // host:port, or a socket; those of a cluster or of sentinels that the URL names
	master string   // the name that sentinels know it by
	open   func() redis.UniversalClient
}

type kind int

const (
	single kind = iota
	cluster
	sentinel
)

// String says it without user and password.
func (a Address) String() string {
	nodes := strings.Join(a.nodes, ", ")
	switch a.kind {
	case cluster:
		return "Redis Cluster at " + nodes
	case sentinel:
		return "Redis " + a.master + " by the sentinels at " + nodes
	default:
		return "Redis at " + nodes
	}
}

const (
	singleForm   = "REDIS_URL=redis://127.0.0.1:6379/0"
	clusterForm  = "REDIS_URL=redis-cluster://10.0.0.1:6379,10.0.0.2:6379"
	sentinelForm = "REDIS_URL=redis-sentinel://10.0.0.1:26379,10.0.0.2:26379/0?master_name=mymaster"
)

// replicaOptions of go-redis read from replicas, or from anybody.
var replicaOptions = []string{"read_only", "replica_only", "route_by_latency", "route_randomly", "use_disconnected_replicas"}

// ReadAddress reads REDIS_URL and connects to nothing. What is wrong is a fault
// with a form that would work; it never repeats the URL, which may hold a password.
func ReadAddress(text string) (Address, error) {
	wrong := func(err error, hint, why string, args ...any) (Address, error) {
		return Address{}, fault.Wrap(fault.Invalid, err, "REDIS_URL "+fmt.Sprintf(why, args...), hint)
	}
	scheme, rest, _ := strings.Cut(text, "://")
	scheme, form, named := strings.Cut(scheme, "-")
	if scheme == "unix" && !named {
		opts, err := redis.ParseURL(text)
		if err != nil {
			return wrong(nil, "REDIS_URL=unix:///run/redis/redis.sock", "cannot be read%s", reason(err))
		}
		return one(opts), nil
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	hosts, tail := rest[:end], rest[end:]
	login := ""
	if at := strings.LastIndex(hosts, "@"); at >= 0 {
		login, hosts = hosts[:at+1], hosts[at+1:]
	}
	all := strings.Split(hosts, ",")
	u, err := url.Parse(scheme + "://" + login + all[0] + tail)
	if err != nil || scheme != "redis" && scheme != "rediss" {
		return wrong(nil, singleForm, "cannot be read") // net/url repeats all of it
	}
	options := u.Query()
	k, known := map[string]kind{"": single, "cluster": cluster, "sentinel": sentinel}[form]
	switch {
	case !known:
		return wrong(nil, clusterForm, "names a kind of Redis that is not known: %s", scheme+"-"+form)
	case k == single && options.Has("master_name"):
		k = sentinel
	case k == single && options.Has("addr"):
		k = cluster
	}
	switch {
	case k == single && len(all) > 1:
		return wrong(nil, clusterForm+" or "+sentinelForm, "names %d servers and not what they are to each other", len(all))
	case u.Fragment != "":
		return wrong(nil, sentinelForm, "ends in #%s, which nothing reads", u.Fragment)
	case k == cluster && strings.Trim(u.Path, "/") != "" && strings.Trim(u.Path, "/") != "0":
		return wrong(nil, clusterForm, "asks for database %s, and a cluster has only 0", strings.Trim(u.Path, "/"))
	case k == sentinel && options.Get("master_name") == "":
		return wrong(nil, sentinelForm, "names sentinels and not the master to ask them for")
	}
	for _, o := range replicaOptions {
		if options.Has(o) {
			return wrong(nil, "leave "+o+" out", "has %s: what a replica says may be old, so only masters are asked", o)
		}
	}
	if k == single {
		opts, err := redis.ParseURL(text)
		if err != nil {
			return wrong(err, singleForm, "cannot be read%s", reason(err))
		}
		return one(opts), nil
	}
	port := map[kind]string{cluster: "6379", sentinel: "26379"}[k]
	for i, host := range all {
		if all[i], err = withPort(host, port); err != nil {
			return wrong(err, map[kind]string{cluster: clusterForm, sentinel: sentinelForm}[k], "has no host and port between its commas: %q", host)
		}
	}
	u.Host = all[0]
	options["addr"] = append(all[1:], options["addr"]...)
	u.RawQuery = options.Encode()
	a := Address{kind: k}
	if k == cluster {
		opts, err := redis.ParseClusterURL(u.String())
		if err != nil {
			return wrong(err, clusterForm, "cannot be read%s", reason(err))
		}
		opts.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
		a.nodes = opts.Addrs
		a.open = func() redis.UniversalClient { return redis.NewClusterClient(opts) }
		return a, nil
	}
	opts, err := redis.ParseFailoverURL(u.String())
	if err != nil {
		return wrong(err, sentinelForm, "cannot be read%s", reason(err))
	}
	a.nodes, a.master = opts.SentinelAddrs, opts.MasterName
	a.open = func() redis.UniversalClient { return redis.NewFailoverClient(opts) }
	return a, nil
}

func one(opts *redis.Options) Address {
	opts.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return Address{nodes: []string{opts.Addr}, open: func() redis.UniversalClient { return redis.NewClient(opts) }}
}

// reason is the library's own word where it is about an option: it repeats no more
// of the URL than that.
func reason(err error) string {
	if said, found := strings.CutPrefix(err.Error(), "redis: unexpected option: "); found {
		return ": nothing reads the option " + said
	}
	return ""
}

func withPort(host, port string) (string, error) {
	h, p, err := net.SplitHostPort(host)
	if err != nil {
		h, p, err = net.SplitHostPort(host + ":" + port)
	}
	if err != nil || h == "" || p == "" {
		return "", fmt.Errorf("not host:port")
	}
	return net.JoinHostPort(h, p), nil
}
