package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"unsafe"

	"tailscale.com/tailcfg"
	"tailscale.com/tstest/integration/testcontrol"
	"tailscale.com/types/key"
)

// A tailnet is Tailscale's test control server with what it lacks: features that an admin can switch off, and the question whether they are on.
type tailnet struct {
	server *testcontrol.Server
	domain string

	mu sync.Mutex
	// on holds what the tailnet's admin allows: https and funnel. With wait, the CLI is told to wait until they do.
	on map[string]bool
	// told are the nodes that have got their capabilities once.
	told map[key.NodePublic]bool
}

func newTailnet(addr, domain, records string) *tailnet {
	t := &tailnet{
		domain: domain,
		on:     map[string]bool{"https": true, "funnel": true, "wait": false},
		told:   map[key.NodePublic]bool{},
	}
	t.server = &testcontrol.Server{
		Logf:            log.Printf,
		ExplicitBaseURL: "http://" + addr,
		DERPMap:         startRelay(),
		AllOnline:       true,
		MagicDNSDomain:  domain,
		// Names for certificates are only handed out where there is some DNS configuration as well.
		DNSConfig: &tailcfg.DNSConfig{Proxied: true, Domains: []string{domain}},
		// What the server gives by itself arrives in a field that the client has left behind; see welcome.
		DefaultNodeCapabilities: &tailcfg.NodeCapMap{},
		HoldMapRequest:          t.welcome,
		OnSetDNS:                func(r *tailcfg.SetDNSRequest) error { return setRecord(records, r) },
	}
	// The server makes its table of paths at the first request.
	t.server.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/generate_204", nil))
	mux := *private[*http.ServeMux](t.server, "mux")
	mux.HandleFunc("/machine/feature/query", t.feature)
	for _, path := range []string{"/machine/audit-log", "/machine/set-device-attr", "/machine/id-token"} {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "not here", http.StatusNotImplemented) })
	}
	return t
}

// private gives a field that testcontrol keeps to itself: there is no other way to add a path behind its encryption, to take its lock or to
// rename a user. It panics where the field has another name, so a new version of Tailscale does not break this silently.
func private[T any](s *testcontrol.Server, name string) *T {
	return (*T)(unsafe.Pointer(reflect.ValueOf(s).Elem().FieldByName(name).UnsafeAddr()))
}

// locked runs f under the test server's own lock.
func (t *tailnet) locked(f func()) {
	mu := private[sync.Mutex](t.server, "mu")
	mu.Lock()
	defer mu.Unlock()
	f()
}

// front lets only known paths through, because the test server ends the whole process at any other.
func (t *tailnet) front() http.Handler {
	mux := http.NewServeMux()
	for _, path := range []string{"/key", "/ts2021", "/generate_204", "/c2n/"} {
		mux.Handle(path, t.server)
	}
	return mux
}

// capabilities are what a node may do now.
func (t *tailnet) capabilities() tailcfg.NodeCapMap {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := tailcfg.NodeCapMap{tailcfg.CapabilityFileSharing: nil}
	if t.on["https"] {
		all[tailcfg.CapabilityHTTPS] = nil
	}
	if t.on["funnel"] {
		all[tailcfg.NodeAttrFunnel] = nil
		all[tailcfg.CapabilityFunnelPorts+"?ports=443,8443,10000"] = nil
	}
	return all
}

// welcome gives a node its name and capabilities before it gets its first map.
func (t *tailnet) welcome(r *tailcfg.MapRequest) func() {
	t.mu.Lock()
	told := t.told[r.NodeKey]
	t.told[r.NodeKey] = true
	t.mu.Unlock()
	if n := t.server.Node(r.NodeKey); n != nil && !told {
		// One that came while https was off has no domain in its name.
		if !strings.HasSuffix(n.Name, ".") {
			n.Name += "." + t.domain + "."
			t.server.UpdateNode(n)
		}
		t.server.SetNodeCapMap(r.NodeKey, t.capabilities())
	}
	return nil
}

// feature answers whether the tailnet has Serve or Funnel, as the CLI asks before it serves. The words are those of Tailscale's own server as
// far as they are known.
func (t *tailnet) feature(w http.ResponseWriter, r *http.Request) {
	var query tailcfg.QueryFeatureRequest
	if err := json.NewDecoder(r.Body).Decode(&query); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	answer := tailcfg.QueryFeatureResponse{Complete: t.on["https"] && (query.Feature != "funnel" || t.on["funnel"])}
	if !answer.Complete {
		name := map[string]string{"serve": "Serve", "funnel": "Funnel"}[query.Feature]
		answer.Text = name + " is not enabled on your tailnet.\nTo enable, visit:"
		answer.URL = "https://login.tailscale.com/f/" + query.Feature + "?node=test"
		answer.ShouldWait = t.on["wait"]
	}
	json.NewEncoder(w).Encode(answer)
}

// allow turns switches of the tailnet and tells every node.
func (t *tailnet) allow(switches map[string]bool) {
	t.mu.Lock()
	for name, on := range switches {
		t.on[name] = on
	}
	https := t.on["https"]
	t.mu.Unlock()
	t.locked(func() {
		// A map without a DNS configuration would mean "as before"; without a domain the names for certificates go.
		t.server.MagicDNSDomain = ""
		if https {
			t.server.MagicDNSDomain = t.domain
		}
	})
	for _, n := range t.server.AllNodes() {
		t.server.SetNodeCapMap(n.Key, t.capabilities())
	}
}

// setRecord hands a TXT record to pebble-challtestsrv, where pebble looks it up.
func setRecord(records string, r *tailcfg.SetDNSRequest) error {
	body, err := json.Marshal(map[string]string{"host": r.Name + ".", "value": r.Value})
	if err != nil {
		return err
	}
	answer, err := http.Post(records+"/set-txt", "application/json", bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("set-txt: %s", answer.Status)
	}
	return nil
}
