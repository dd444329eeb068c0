package kubernetes

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/apply"
	"github.com/ptd-go/ptd/components"
)

// GrafanaDatabaseSecret is the Secret in the namespace grafana from which Grafana has
// its database, under the key PTD_DATABASE_URL.
const GrafanaDatabaseSecret = "grafana-db-url"

// GrafanaArgs says what a Grafana is like. Domain, LokiURL and MimirURL are required.
type GrafanaArgs struct {
	Installation
	// Domain is the workload's; Grafana is at https://grafana.{Domain}.
	Domain string
	// LokiURL and MimirURL are the gateways in the cluster, without a path.
	LokiURL, MimirURL string
	// ForwardAuth lets in whom Traefik says it has let in; without it Grafana has users
	// and passwords of its own.
	ForwardAuth *GrafanaForwardAuth
	// NoTelemetry keeps Grafana from reporting its use and from asking for updates.
	NoTelemetry bool
	// Labels are those of the network policy.
	Labels map[string]string
}

// GrafanaForwardAuth says whom Grafana believes the header X-Forwarded-User, which makes
// its bearer an Editor.
type GrafanaForwardAuth struct {
	// Middlewares are those of Traefik that ask who it is (see ForwardAuthMiddlewares).
	// There must be one.
	Middlewares string
	// ProxyNamespace is Traefik's: no pod of another can reach Grafana. "" lets all.
	ProxyNamespace string
	// TrustedProxies are the addresses or blocks that the header is believed from, all
	// if nil.
	TrustedProxies pulumi.StringArrayInput
}

// Grafana shows what Loki and Mimir have.
type Grafana struct {
	pulumi.ResourceState

	Chart *Chart
}

// NewGrafana makes a Grafana named after name, {cluster}-grafana in the sheets, in the
// namespace grafana, which must be there with GrafanaDatabaseSecret in it. The logical
// name of its chart is {name}-helm-release.
//
// It is an error if a required argument is missing or Domain is no host name.
//
// (docs/reference/aws-workload-apps.md 8.1, 8.2, 15 point 13)
func NewGrafana(ctx *pulumi.Context, name string, args *GrafanaArgs, opts ...pulumi.ResourceOption) (*Grafana, error) {
	if args == nil || args.Domain == "" || args.LokiURL == "" || args.MimirURL == "" {
		return nil, fmt.Errorf("Grafana %s: a domain and the URLs of Loki and Mimir are required", name)
	}
	if !hostName.MatchString(args.Domain) { // the chart would evaluate a template in it
		return nil, fmt.Errorf("Grafana %s: the domain %q is no host name", name, args.Domain)
	}
	if args.ForwardAuth != nil && args.ForwardAuth.Middlewares == "" {
		return nil, fmt.Errorf("Grafana %s: forward authentication without a middleware would let everybody in", name)
	}
	made := &Grafana{}
	err := components.Register(ctx, "ptd:kubernetes:Grafana", name, made, func(child pulumi.ResourceOption) (err error) {
		const namespace = "grafana"
		options := []pulumi.ResourceOption{child}
		if auth := args.ForwardAuth; auth != nil && auth.ProxyNamespace != "" {
			policy, err := NewObject(ctx, name+"-from-proxy", "networking.k8s.io/v1", "NetworkPolicy", values(object{
				"metadata": metadata(namespace, "grafana-from-proxy", args.Labels),
				"spec": object{
					"podSelector": object{"matchLabels": object{
						"app.kubernetes.io/name": "grafana", "app.kubernetes.io/instance": "grafana",
					}},
					"policyTypes": []string{"Ingress"},
					"ingress": []object{{"from": []object{{
						"namespaceSelector": object{"matchLabels": object{
							"kubernetes.io/metadata.name": auth.ProxyNamespace,
						}},
					}}}},
				},
			}), child)
			if err != nil {
				return err
			}
			options = append(options, pulumi.DependsOn([]pulumi.Resource{policy}))
		}
		made.Chart, err = NewChart(ctx, name+"-helm-release", &ChartArgs{
			ReleaseName: "grafana", Chart: "grafana", Repository: grafanaCharts, Namespace: namespace,
			Values: values(args.values()), Installation: args.Installation,
		}, options...)
		return err
	}, opts...)
	if err != nil {
		return nil, err
	}
	return made, nil
}

func (args *GrafanaArgs) values() object {
	host := "grafana." + args.Domain
	ini := object{
		"server": object{
			"domain": args.Domain, "root_url": "https://" + host,
			"serve_from_sub_path": false,
		},
		"database": object{
			"ssl_mode": "require",
			// The chart evaluates templates here: this comes to ${PTD_DATABASE_URL}.
			"url": `${{ "{" }}PTD_DATABASE_URL{{ "}" }}`,
		},
		"users": object{"auto_assign_org_role": "Editor"},
	}
	ingress := object{"enabled": true, "hosts": []string{host}, "path": "/"}
	if auth := args.ForwardAuth; auth != nil {
		proxy := object{
			"enabled": true, "header_name": "X-Forwarded-User",
			"header_property": "username", "auto_sign_up": true,
		}
		if auth.TrustedProxies != nil {
			proxy["whitelist"] = apply.To(auth.TrustedProxies.ToStringArrayOutput(), func(proxies []string) string {
				return strings.Join(proxies, ", ")
			})
		}
		ini["auth.proxy"] = proxy
		ini["auth"] = object{"disable_signout_menu": true}
		ingress["annotations"] = object{"traefik.ingress.kubernetes.io/router.middlewares": auth.Middlewares}
	}
	if args.NoTelemetry {
		ini["analytics"] = object{"reporting_enabled": false, "check_for_updates": false}
		ini["plugins"] = object{"check_for_plugin_updates": false}
	}
	source := func(name, kind, url string, isDefault bool) object {
		return object{
			"name": name, "type": kind, "access": "proxy",
			"editable": false, "url": url, "isDefault": isDefault,
		}
	}
	return object{
		"envFromSecret": GrafanaDatabaseSecret,
		"grafana.ini":   ini,
		"ingress":       ingress,
		"datasources": object{"datasources.yaml": object{
			"apiVersion": 1,
			"datasources": []any{
				source("Loki", "loki", args.LokiURL, true),
				source("Mimir", "prometheus", args.MimirURL+"/prometheus", false),
			},
		}},
	}
}
