package main

import (
	"context"
	"log"
	"net"
	"net/http/httptest"

	"tailscale.com/derp/derpserver"
	"tailscale.com/net/stunserver"
	"tailscale.com/tailcfg"
	"tailscale.com/types/key"
	"tailscale.com/types/logger"
)

// startRelay starts DERP and STUN on ports of their own and says where they are. Nodes that see each other on loopback use neither, but no
// node comes up without a map that names one.
func startRelay() *tailcfg.DERPMap {
	relay := httptest.NewUnstartedServer(derpserver.Handler(derpserver.New(key.NewNode(), logger.Discard)))
	relay.Config.ErrorLog = logger.StdLogger(logger.Discard)
	relay.StartTLS()
	stun := stunserver.New(context.Background())
	if err := stun.Listen("127.0.0.1:0"); err != nil {
		log.Fatal(err)
	}
	go stun.Serve()
	node := &tailcfg.DERPNode{
		Name:             "1a",
		RegionID:         1,
		HostName:         "127.0.0.1",
		IPv4:             "127.0.0.1",
		IPv6:             "none",
		DERPPort:         relay.Listener.Addr().(*net.TCPAddr).Port,
		STUNPort:         stun.LocalAddr().(*net.UDPAddr).Port,
		STUNTestIP:       "127.0.0.1",
		InsecureForTests: true,
	}
	region := &tailcfg.DERPRegion{RegionID: 1, RegionCode: "test", RegionName: "test", Nodes: []*tailcfg.DERPNode{node}}
	return &tailcfg.DERPMap{OmitDefaultRegions: true, Regions: map[int]*tailcfg.DERPRegion{1: region}}
}
