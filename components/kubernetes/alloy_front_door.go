package kubernetes

import (
	"encoding/json"
	"strings"
)

// AlloySite is a site whose products are probed.
type AlloySite struct {
	Name string
	// Hosts are the products that run (workbench, connect, packageManager), each with the
	// name of its host.
	Hosts map[string]string
	// FQDN probes these hosts too, besides the services in the cluster.
	FQDN bool
}

// probedProduct is how a product's health is asked for.
type probedProduct struct {
	name, path    string
	module        string // of the blackbox exporter
	header, value string // that the product wants with it, "" for none
}

// probedProducts are all that a site may have, in the order of the sheet.
var probedProducts = []probedProduct{
	{name: "workbench", path: "health-check", module: "http_2xx_workbench", header: "X-PTD-Health", value: "probe"},
	{name: "connect", path: "__ping__", module: "http_2xx_connect", header: "X-Auth-Token", value: "probe"},
	{name: "packageManager", path: "__ping__", module: "http_2xx"},
}

func (p probedProduct) lower() string { return strings.ToLower(p.name) }

// service is the host of a product in the cluster.
func (s AlloySite) service(product probedProduct) string {
	return s.Name + "-" + product.lower() + ".posit-team.svc.cluster.local"
}

// frontDoor asks the products whether they are well, as users reach them.
func (c AlloyConfig) frontDoor() riverBlock {
	block := riverBlock{"prometheus.exporter.blackbox", "front_door", []riverItem{
		riverAttribute{"config", riverString(blackboxConfig())},
	}}
	for _, site := range c.Sites {
		for _, product := range probedProducts {
			host, runs := site.Hosts[product.name]
			if !runs {
				continue
			}
			block.body = append(block.body, c.target(site, product, "internal", "", "http://"+site.service(product)))
			if site.FQDN {
				block.body = append(block.body, c.target(site, product, "fqdn", "-fqdn", "https://"+host))
			}
		}
	}
	return block
}

// target is one thing to probe.
func (c AlloyConfig) target(site AlloySite, product probedProduct, check, suffix, base string) riverBlock {
	url := base + "/" + product.path
	return riverBlock{name: "target", body: []riverItem{
		riverAttribute{"name", riverString(site.Name + "-" + product.lower() + suffix)},
		riverAttribute{"address", riverString(url)},
		riverAttribute{"module", riverString(product.module)},
		riverAttribute{"labels", riverMap{
			"tenant_name": c.Tenant, "ptd_site": site.Name, "ptd_component": product.lower(),
			"check_type": check, "health_check_url": url,
		}},
	}}
}

// blackboxConfig is the configuration of the blackbox exporter, which is YAML, on one
// line as JSON.
func blackboxConfig() string {
	type http struct {
		FollowRedirects bool              `json:"follow_redirects"`
		Headers         map[string]string `json:"headers,omitempty"`
	}
	type module struct {
		Prober  string `json:"prober"`
		Timeout string `json:"timeout"`
		HTTP    http   `json:"http"`
	}
	modules := map[string]module{}
	for _, product := range probedProducts {
		settings := http{}
		if product.header != "" {
			settings.Headers = map[string]string{product.header: product.value}
		}
		modules[product.module] = module{Prober: "http", Timeout: "10s", HTTP: settings}
	}
	// Maps, texts and bools always have a JSON form.
	text, _ := json.Marshal(map[string]any{"modules": modules})
	return string(text)
}
