// Frpc-stubborn is frpc, changed in one thing: what it has once opened to the server it never closes. So connections of visitors go on after the
// server, or frpc itself, has ended the session that they belong to. Takes the same file as frpc: frpc-stubborn -c <frpc.toml>.
package main

import (
	"context"
	"flag"
	"log"

	"github.com/fatedier/frp/client"
	"github.com/fatedier/frp/pkg/config"
	"github.com/fatedier/frp/pkg/config/source"
	v1 "github.com/fatedier/frp/pkg/config/v1"
	frplog "github.com/fatedier/frp/pkg/util/log"
)

// stubborn dials as frpc does, and hangs up on nobody.
type stubborn struct{ client.Connector }

func (stubborn) Close() error { return nil }

func main() {
	path := flag.String("c", "frpc.toml", "what frpc would be started with")
	flag.Parse()
	if err := run(*path); err != nil {
		log.Fatal(err)
	}
}

func run(path string) error {
	read, err := config.LoadClientConfigResult(path, true)
	if err != nil {
		return err
	}
	proxies := source.NewConfigSource()
	if err := proxies.ReplaceAll(read.Proxies, read.Visitors); err != nil {
		return err
	}
	frplog.InitLogger("console", "info", 0, true)
	service, err := client.NewService(client.ServiceOptions{
		Common:                 read.Common,
		ConfigSourceAggregator: source.NewAggregator(proxies),
		ConnectorCreator: func(ctx context.Context, common *v1.ClientCommonConfig) client.Connector {
			return stubborn{client.NewConnector(ctx, common)}
		},
	})
	if err != nil {
		return err
	}
	return service.Run(context.Background())
}
