// Tailnet-control is a whole tailnet on loopback, for the tests: the control server of Tailscale's own integration tests, a DERP relay and a
// STUN server in one process. ACME records go to pebble-challtestsrv, so that nodes get certificates; an admin API on a unix socket turns the
// switches of the tailnet (admin.go).
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:9911", "where nodes find the control server")
	admin := flag.String("admin", "", "unix socket of the admin API")
	domain := flag.String("domain", "xopc-test.ts.net", "what the nodes' names end with")
	records := flag.String("records", "http://127.0.0.1:8055", "management address of pebble-challtestsrv")
	flag.Parse()

	t := newTailnet(*addr, *domain, *records)
	go func() { log.Fatal(http.Serve(listen("unix", *admin), t.admin())) }()
	nodes := listen("tcp", *addr)
	fmt.Println("ready")
	log.Fatal(http.Serve(nodes, t.front()))
}

func listen(network, address string) net.Listener {
	l, err := net.Listen(network, address)
	if err != nil {
		log.Fatal(err)
	}
	return l
}
