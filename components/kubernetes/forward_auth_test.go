package kubernetes

import (
	"fmt"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"

	"github.com/ptd-go/ptd/components/componenttest"
)

const middlewareType = "kubernetes:traefik.io/v1alpha1:Middleware"

func TestForwardAuth(t *testing.T) {
	r := componenttest.Run(t, func(ctx *pulumi.Context) error {
		made, err := NewForwardAuth(ctx, "demo-traefik-forward-auth", &ForwardAuthArgs{
			RoleARN: pulumi.String(exampleRole), Labels: map[string]string{"owner": "demo"},
			Sites: []ForwardAuthSite{{
				Name: "main", Domain: "demo.example.com", LogicalName: "traefik-forward-auth-20250115-main",
				Secret: "okta-oidc-client-creds.demo01-staging-main.posit.team", Installation: Installation{Version: "0.0.14"},
			}},
		})
		if err == nil {
			componenttest.WantOutputs(ctx, t, map[string]any{
				"addresses": map[string]string{"main": "http://traefik-forward-auth-main.kube-system.svc.cluster.local"},
			}, map[string]pulumi.Output{"addresses": made.Addresses})
		}
		return err
	})
	labels := map[string]any{"owner": "demo"}
	r.Find(t, "kubernetes:core/v1:ServiceAccount", "demo-traefik-forward-auth").Exactly(t, map[string]any{
		"apiVersion": "v1", "kind": "ServiceAccount", "metadata": map[string]any{
			"name": "traefik-forward-auth.posit.team", "namespace": "kube-system", "labels": labels,
			"annotations": map[string]any{"eks.amazonaws.com/role-arn": exampleRole},
		},
	})
	r.Find(t, middlewareType, "demo-traefik-forward-auth-headers-middleware").Exactly(t, map[string]any{
		"apiVersion": "traefik.io/v1alpha1", "kind": "Middleware",
		"metadata": map[string]any{"name": "traefik-forward-auth-add-forwarded-headers", "namespace": "kube-system", "labels": labels},
		"spec":     map[string]any{"headers": map[string]any{"customRequestHeaders": map[string]any{"X-Forwarded-Proto": "https", "X-Forwarded-Port": "443"}}},
	})
	r.Find(t, middlewareType, "traefik-forward-auth-20250115-main").Exactly(t, map[string]any{
		"apiVersion": "traefik.io/v1alpha1", "kind": "Middleware",
		"metadata": map[string]any{"name": "traefik-forward-auth-main", "namespace": "kube-system", "labels": labels},
		"spec": map[string]any{"forwardAuth": map[string]any{
			"address": "http://traefik-forward-auth-main.kube-system.svc.cluster.local", "trustForwardHeader": true,
			"authResponseHeaders": []any{"X-Forwarded-User"}, "preserveRequestMethod": true,
		}},
	})
	secret := func(key string) map[string]any {
		return map[string]any{"secretKeyRef": map[string]any{"name": "traefik-forward-auth-creds-main", "key": key}}
	}
	const hosts = "Host(`%[1]s.demo.example.com`) || Host(`%[1]s-demo.example.com`)"
	host := func(product string) string { return "(" + fmt.Sprintf(hosts, product) + ")" }
	config := map[string]any{
		"auth-host": "sso.demo.example.com", "cookie-domain": "demo.example.com", "cookie-name": "ptd_auth", "csrf-cookie-name": "csrf_ptd_auth",
		"default-provider": "oidc", "log-level": "info", "providers.oidc.issuer-url": "https://posit.okta.com", "url-path": "/__oauth__",
	}
	for id, rule := range map[string]string{
		"ptd-flightdeck": "Host(`demo.example.com`) && (HeadersRegexp(`Authorization`, `^B(asic|earer) .*`) || PathPrefix(`/static`) || " +
			"PathPrefix(`/dl`) || PathPrefix(`/api`))",
		"ptd-ide":                  host("dev") + " && HeadersRegexp(`Authorization`, `^Bearer .*`) && (PathPrefix(`/api`) || PathPrefix(`/scim/v2/`))",
		"ptd-ide-client-heartbeat": host("dev") + " && PathPrefix(`/heartbeat`)",
		"ptd-pub-public": host("pub") + " && (PathPrefix(`/public`) || PathPrefix(`/connect/out/unauthorized/`) || Path(`/connect/__favicon__`) || " +
			"Path(`/__api__/server_settings`) || Path(`/__api__/v1/user`) || Path(`/.well-known/openid-configuration`) || " +
			"Path(`/openid/v1/jwks`) || Path(`/__api__/tokens`))",
		"ptd-pub":        host("pub") + " && (HeadersRegexp(`X-Auth-Token`, `.*`) || HeadersRegexp(`Authorization`, `^Key .*`))",
		"ptd-pkg":        fmt.Sprintf(hosts, "pkg"),
		"ptd-dev-health": host("dev") + " && Path(`/health-check`) && HeadersRegexp(`X-PTD-Health`, `.*`)",
	} {
		config["rule."+id+".action"], config["rule."+id+".rule"] = "allow", " "+rule+" "
	}
	wantChart(t, r.Find(t, releaseType, "demo-traefik-forward-auth-main"), map[string]any{
		"name": "traefik-forward-auth-main", "namespace": "kube-system", "version": "0.0.14", "compat": "true",
		"chart": "https://github.com/colearendt/helm/releases/download/traefik-forward-auth-0.0.14/traefik-forward-auth-0.0.14.tgz",
	}, map[string]any{
		"serviceAccount": map[string]any{"create": false, "name": "traefik-forward-auth.posit.team"},
		"ingress": map[string]any{
			"enabled": true, "className": "traefik",
			"annotations": map[string]any{"traefik.ingress.kubernetes.io/router.middlewares": "kube-system-traefik-forward-auth-add-forwarded-headers@kubernetescrd,kube-system-traefik-forward-auth-main@kubernetescrd"},
			"hosts":       []any{map[string]any{"host": "sso.demo.example.com", "paths": []any{"/"}}},
		},
		"pod": map[string]any{
			"volumes": []any{map[string]any{"name": "oidc-client-creds", "csi": map[string]any{
				"driver": "secrets-store.csi.k8s.io", "readOnly": true,
				"volumeAttributes": map[string]any{"secretProviderClass": "traefik-forward-auth-spc-main"},
			}}},
			"volumeMounts": []any{map[string]any{"name": "oidc-client-creds", "mountPath": "/mnt/secrets/oidc-client-creds", "readOnly": true}},
			"env": []any{
				map[string]any{"name": "PROVIDERS_OIDC_CLIENT_ID", "valueFrom": secret("clientId")},
				map[string]any{"name": "PROVIDERS_OIDC_CLIENT_SECRET", "valueFrom": secret("clientSecret")},
				map[string]any{"name": "SECRET", "valueFrom": secret("signingSecret")},
			},
		},
		"extraObjects": []any{map[string]any{
			"apiVersion": "secrets-store.csi.x-k8s.io/v1", "kind": "SecretProviderClass",
			"metadata": map[string]any{"name": "traefik-forward-auth-spc-main", "namespace": "kube-system"},
			"spec": map[string]any{
				"provider": "aws",
				"parameters": map[string]any{"objects": `[{"jmesPath":[{"objectAlias":"clientId","path":"oidcClientId"},` +
					`{"objectAlias":"clientSecret","path":"oidcClientSecret"},{"objectAlias":"signingSecret","path":"signingSecret"}],` +
					`"objectName":"okta-oidc-client-creds.demo01-staging-main.posit.team","objectType":"secretsmanager"}]`},
				"secretObjects": []any{map[string]any{"secretName": "traefik-forward-auth-creds-main", "type": "Opaque", "data": []any{
					map[string]any{"objectName": "clientId", "key": "clientId"},
					map[string]any{"objectName": "clientSecret", "key": "clientSecret"},
					map[string]any{"objectName": "signingSecret", "key": "signingSecret"},
				}}},
			},
		}},
		"config": config,
	})
}

func TestForwardAuthRefuses(t *testing.T) {
	site := ForwardAuthSite{Name: "main", Domain: "demo.example.com", LogicalName: "main", Secret: "s", Installation: Installation{Version: "1"}}
	for want, change := range map[string]func(*ForwardAuthSite){
		`site "": a name, a domain, a logical name and a secret are required`: func(s *ForwardAuthSite) { s.Name = "" },
		"rule ptd-flightdeck: Host: the text \"a`b\" must not have a backquote": func(s *ForwardAuthSite) {
			s.Domain = "a`b"
		},
		"a chart, its version and a namespace are required": func(s *ForwardAuthSite) { s.Installation.Version = "" },
	} {
		changed := site
		change(&changed)
		componenttest.Fails(t, func(ctx *pulumi.Context) error {
			_, err := NewForwardAuth(ctx, "demo", &ForwardAuthArgs{RoleARN: pulumi.String("r"), Sites: []ForwardAuthSite{changed}})
			return err
		}, want)
	}
}

// Combinations within others are in parentheses where they would mean something else.
func TestMatcher(t *testing.T) {
	a, b, c := match("Path", "/a"), match("Path", "/b"), match("Path", "/c")
	for want, made := range map[string]matcher{
		"Path(`/a`)":                                  all(a),
		"Path(`/a`) && Path(`/b`)":                    all(a, b),
		"(Path(`/a`) || Path(`/b`)) && Path(`/c`)":    all(either(a, b), c),
		"(Path(`/a`) && Path(`/b`)) || Path(`/c`)":    either(all(a, b), c),
		"Path(`/a`) && Path(`/b`) && Path(`/c`)":      all(a, all(b, c)),
		"Path(`/a`) && Path(`/c`)":                    all(either(a), c),
		"HeadersRegexp(`X`, `.*`) || PathPrefix(`/`)": either(match("HeadersRegexp", "X", ".*"), match("PathPrefix", "/")),
	} {
		got, err := made.text()
		assert.NoError(t, err)
		assert.Equal(t, want, got, "rule")
	}
}

func ExampleNewForwardAuth() {
	program := func(ctx *pulumi.Context) error {
		_, err := NewForwardAuth(ctx, "demo01-staging-20250115-traefik-forward-auth", &ForwardAuthArgs{
			RoleARN: pulumi.String("arn:aws:iam::123456789012:role/traefik-forward-auth.demo01-staging.posit.team"),
			Sites: []ForwardAuthSite{{
				Name: "main", Domain: "demo.example.com", LogicalName: "traefik-forward-auth-20250115-main",
				Secret: "okta-oidc-client-creds.demo01-staging-main.posit.team", Issuer: "https://login.example.com",
				Installation: Installation{Version: "0.0.14"},
			}},
		})
		return err
	}
	// In a program of your own: pulumi.Run(program).
	mocks := componenttest.New()
	if err := mocks.Exec(program); err != nil {
		fmt.Println(err)
	}
	for _, middleware := range mocks.All(middlewareType) {
		fmt.Println(middleware.Physical())
	}
	// Output:
	// kube-system/traefik-forward-auth-add-forwarded-headers
	// kube-system/traefik-forward-auth-main
}
