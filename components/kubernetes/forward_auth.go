package kubernetes

import (
	"cmp"
	"encoding/json"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components"
)

// ForwardAuthArgs says which sites ask for a login before their requests go through. All
// but Labels are required; Sites may be empty.
type ForwardAuthArgs struct {
	// RoleARN is the role of the service account traefik-forward-auth.posit.team in
	// kube-system, which reads the sites' secrets.
	RoleARN pulumi.StringInput
	Sites   []ForwardAuthSite
	Labels  map[string]string
}

// ForwardAuthSite is a site with a login. All but Issuer are required.
type ForwardAuthSite struct {
	Name, Domain string
	// LogicalName is that of the site's middleware, which other programs know.
	LogicalName string
	// Secret is the name of the secret in AWS Secrets Manager with the keys oidcClientId,
	// oidcClientSecret and signingSecret. Somebody who manages logins puts it there.
	Secret string
	// Issuer is the URL of the OIDC issuer; https://posit.okta.com if "".
	Issuer       string
	Installation Installation
}

// ForwardAuth is the login in front of a cluster's sites: middlewares of Traefik, and an
// installation of traefik-forward-auth a site.
type ForwardAuth struct {
	pulumi.ResourceState

	// Addresses are the URLs that the middlewares ask, by site.
	Addresses pulumi.StringMapOutput `pulumi:"addresses"`
}

// NewForwardAuth makes a ForwardAuth with the logical name name, all of it in kube-system.
// It needs the definitions of Traefik and of the Secrets Store CSI driver: pass what
// installs them in opts (pulumi.DependsOnInputs).
//
// It is an error if a required argument is missing, or if a domain cannot stand in a rule.
// (docs/reference/aws-workload-apps.md 7.10)
func NewForwardAuth(ctx *pulumi.Context, name string, args *ForwardAuthArgs, opts ...pulumi.ResourceOption) (*ForwardAuth, error) {
	if args == nil || args.RoleARN == nil {
		return nil, fmt.Errorf("forward auth %s: a role is required", name)
	}
	made := &ForwardAuth{}
	err := components.Register(ctx, "ptd:kubernetes:ForwardAuth", name, made, func(child pulumi.ResourceOption) error {
		account := metadata(systemNamespace, forwardAuthAccount, args.Labels)
		account["annotations"] = pulumi.StringMap{roleAnnotation: args.RoleARN}
		serviceAccount, err := NewObject(ctx, name, "v1", "ServiceAccount", pulumi.Map{"metadata": account}, child)
		if err != nil {
			return err
		}
		if err := args.middleware(ctx, name+"-headers-middleware", forwardedHeaders, object{
			"headers": object{"customRequestHeaders": object{"X-Forwarded-Proto": "https", "X-Forwarded-Port": "443"}},
		}, child); err != nil {
			return err
		}
		addresses := pulumi.StringMap{}
		for _, site := range args.Sites {
			if site.Name == "" || site.Domain == "" || site.LogicalName == "" || site.Secret == "" {
				return fmt.Errorf("site %q: a name, a domain, a logical name and a secret are required", site.Name)
			}
			address := fmt.Sprintf("http://%s.%s.svc.cluster.local", site.object(), systemNamespace)
			if err := args.middleware(ctx, site.LogicalName, site.object(), object{"forwardAuth": object{
				"address": address, "trustForwardHeader": true,
				"authResponseHeaders": []string{"X-Forwarded-User"}, "preserveRequestMethod": true,
			}}, child); err != nil {
				return fmt.Errorf("site %s: %w", site.Name, err)
			}
			if err := site.install(ctx, name, child, pulumi.DependsOn([]pulumi.Resource{serviceAccount})); err != nil {
				return fmt.Errorf("site %s: %w", site.Name, err)
			}
			addresses[site.Name] = pulumi.String(address)
		}
		made.Addresses = addresses.ToStringMapOutput()
		return nil
	}, opts...)
	if err != nil {
		return nil, err
	}
	return made, nil
}

const (
	forwardAuthAccount = "traefik-forward-auth.posit.team"
	// forwardedHeaders is the middleware that tells applications that they are behind TLS.
	forwardedHeaders = "traefik-forward-auth-add-forwarded-headers"
)

// ForwardAuthMiddlewares is the value of the annotation
// traefik.ingress.kubernetes.io/router.middlewares that puts an ingress behind the login
// of a site.
func ForwardAuthMiddlewares(site string) string {
	of := func(middleware string) string { return systemNamespace + "-" + middleware + "@kubernetescrd" }
	return of(forwardedHeaders) + "," + of(ForwardAuthSite{Name: site}.object())
}

func (args *ForwardAuthArgs) middleware(ctx *pulumi.Context, logical, name string, spec object, opts ...pulumi.ResourceOption) error {
	_, err := NewObject(ctx, logical, "traefik.io/v1alpha1", "Middleware", pulumi.Map{
		"metadata": metadata(systemNamespace, name, args.Labels), "spec": values(spec),
	}, opts...)
	return err
}

// object is the name of all that a site has here.
func (s ForwardAuthSite) object() string { return "traefik-forward-auth-" + s.Name }

// install installs traefik-forward-auth for the site. Its credentials come through a
// volume, which also makes the Secret that its environment is taken from.
func (s ForwardAuthSite) install(ctx *pulumi.Context, name string, opts ...pulumi.ResourceOption) error {
	const volume = "oidc-client-creds"
	class, secret, host := "traefik-forward-auth-spc-"+s.Name, "traefik-forward-auth-creds-"+s.Name, "sso."+s.Domain
	config, err := s.config(host)
	if err != nil {
		return err
	}
	provided, err := s.secretProviderClass(class, secret)
	if err != nil {
		return err
	}
	env := func(name, key string) object {
		return object{"name": name, "valueFrom": object{"secretKeyRef": object{"name": secret, "key": key}}}
	}
	_, err = NewChart(ctx, name+"-"+s.Name, &ChartArgs{
		ReleaseName: s.object(), Namespace: systemNamespace, Installation: s.Installation,
		Chart: fmt.Sprintf("https://github.com/colearendt/helm/releases/download/traefik-forward-auth-%[1]s/traefik-forward-auth-%[1]s.tgz",
			s.Installation.Version),
		Values: values(object{
			"serviceAccount": object{"create": false, "name": forwardAuthAccount},
			"ingress": object{
				"enabled": true, "className": "traefik",
				"annotations": object{"traefik.ingress.kubernetes.io/router.middlewares": ForwardAuthMiddlewares(s.Name)},
				"hosts":       []object{{"host": host, "paths": []string{"/"}}},
			},
			"pod": object{
				"volumes": []object{{"name": volume, "csi": object{
					"driver": "secrets-store.csi.k8s.io", "readOnly": true,
					"volumeAttributes": object{"secretProviderClass": class},
				}}},
				"volumeMounts": []object{{"name": volume, "mountPath": "/mnt/secrets/" + volume, "readOnly": true}},
				"env": []object{
					env("PROVIDERS_OIDC_CLIENT_ID", "clientId"),
					env("PROVIDERS_OIDC_CLIENT_SECRET", "clientSecret"),
					env("SECRET", "signingSecret"),
				},
			},
			"extraObjects": []object{provided},
			"config":       config,
		}),
	}, opts...)
	return err
}

// secretProviderClass is the object that maps the secret in AWS to the Secret secret.
func (s ForwardAuthSite) secretProviderClass(name, secret string) (object, error) {
	type field struct{ key, of string }
	fields := []field{{"clientId", "oidcClientId"}, {"clientSecret", "oidcClientSecret"}, {"signingSecret", "signingSecret"}}
	paths, data := []object{}, []object{}
	for _, field := range fields {
		paths = append(paths, object{"path": field.of, "objectAlias": field.key})
		data = append(data, object{"objectName": field.key, "key": field.key})
	}
	objects, err := json.Marshal([]object{{"objectName": s.Secret, "objectType": "secretsmanager", "jmesPath": paths}})
	if err != nil {
		return nil, fmt.Errorf("write the objects of secret provider class %s: %w", name, err)
	}
	return object{
		"apiVersion": "secrets-store.csi.x-k8s.io/v1", "kind": "SecretProviderClass",
		"metadata": object{"name": name, "namespace": systemNamespace},
		"spec": object{
			"provider": "aws", "parameters": object{"objects": string(objects)},
			"secretObjects": []object{{"secretName": secret, "type": "Opaque", "data": data}},
		},
	}, nil
}

// config is the configuration of traefik-forward-auth.
func (s ForwardAuthSite) config(host string) (object, error) {
	config := object{
		"auth-host": host, "cookie-domain": s.Domain, "cookie-name": "ptd_auth", "csrf-cookie-name": "csrf_ptd_auth",
		"default-provider": "oidc", "log-level": "info", "url-path": "/__oauth__",
		"providers.oidc.issuer-url": cmp.Or(s.Issuer, "https://posit.okta.com"),
	}
	for _, allowed := range forwardAuthRules(s.Domain) {
		text, err := allowed.rule.text()
		if err != nil {
			return nil, fmt.Errorf("rule %s: %w", allowed.id, err)
		}
		config["rule."+allowed.id+".action"], config["rule."+allowed.id+".rule"] = "allow", " "+text+" "
	}
	return config, nil
}
