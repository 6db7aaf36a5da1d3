package main

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"tailscale.com/tailcfg"
	"tailscale.com/types/key"
)

// admin is what the tailnet's admin and its users would do in a browser:
//
//	GET  /nodes                           every node
//	POST /set?https=0&funnel=1&wait=1     features of the tailnet, and whether the CLI waits for them
//	POST /login?on=1                      whoever joins from now on has to log in
//	POST /auth?url=…                      the person at that login address has logged in
//	POST /approval?on=1                   whoever joins from now on has to be approved
//	POST /approve?node=…                  the admin approves this one
//	POST /expire?on=1                     all keys have expired
//	POST /user?node=…&login=…&name=…      whom the node belongs to
//	POST /tag?node=…&tag=tag:…            the node belongs to nobody, it has a tag
func (t *tailnet) admin() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /nodes", func(w http.ResponseWriter, _ *http.Request) { json.NewEncoder(w).Encode(t.server.AllNodes()) })
	post := func(path string, f func(query url.Values) (found bool)) {
		mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) {
			if !f(r.URL.Query()) {
				http.Error(w, "no such node or address", http.StatusNotFound)
			}
		})
	}
	post("/set", func(query url.Values) bool {
		switches := map[string]bool{}
		for name := range query {
			switches[name] = isOn(query, name)
		}
		t.allow(switches)
		return true
	})
	post("/login", func(query url.Values) bool {
		t.locked(func() { t.server.RequireAuth = isOn(query, "on") })
		return true
	})
	post("/auth", func(query url.Values) bool { return t.server.CompleteAuth(query.Get("url")) })
	post("/approval", func(query url.Values) bool {
		t.locked(func() { t.server.RequireMachineAuth = isOn(query, "on") })
		return true
	})
	post("/approve", t.ofNode(func(n *tailcfg.Node, _ url.Values) {
		t.server.CompleteDeviceApproval(t.server.BaseURL(), t.server.BaseURL()+"/admin", &n.Key)
	}))
	post("/expire", func(query url.Values) bool {
		t.server.SetExpireAllNodes(isOn(query, "on"))
		return true
	})
	post("/user", t.ofNode(t.rename))
	post("/tag", t.ofNode(func(n *tailcfg.Node, query url.Values) {
		n.Tags = []string{query.Get("tag")}
		t.server.UpdateNode(n)
	}))
	return mux
}

func isOn(query url.Values, name string) bool { return query.Get(name) == "1" }

// ofNode finds the node that the query names by the first part of its name.
func (t *tailnet) ofNode(f func(n *tailcfg.Node, query url.Values)) func(url.Values) bool {
	return func(query url.Values) bool {
		for _, n := range t.server.AllNodes() {
			if strings.HasPrefix(n.Name, query.Get("node")+".") {
				f(n, query)
				return true
			}
		}
		return false
	}
}

func (t *tailnet) rename(n *tailcfg.Node, query url.Values) {
	t.locked(func() {
		login := (*private[map[key.NodePublic]*tailcfg.Login](t.server, "logins"))[n.Key]
		user := (*private[map[key.NodePublic]*tailcfg.User](t.server, "users"))[n.Key]
		login.LoginName, login.DisplayName = query.Get("login"), query.Get("name")
		user.DisplayName = query.Get("name")
	})
	t.server.UpdateNode(n)
}
