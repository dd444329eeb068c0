package awsworkload

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"

	"github.com/ptd-go/ptd/stacks/config"
)

// certificatesByDomain are certificates called after the place of their domain.
func certificatesByDomain(workload *config.AWSWorkload) pulumi.StringMapOutput {
	arns := pulumi.StringMap{}
	for i, domain := range workload.Domains() {
		arns[domain.Name] = pulumi.String("arn:" + []string{"first", "second", "third"}[i])
	}
	return arns.ToStringMapOutput()
}

const (
	firstDomain, secondDomain = "analytics.staging.example.com", "demo.staging.example.com"

	certificateAnnotation = "alb.ingress.kubernetes.io/certificate-arn"
)

// A domain's certificate is the domain's, wherever it stands among others.
func TestCertificatesAreByDomain(t *testing.T) {
	t.Parallel()
	ordered := []string{"arn:first", "arn:second"}
	swapped := map[string]string{firstDomain: "arn:second", secondDomain: "arn:first"}
	third := func(w *config.AWSWorkload) { w.Sites["third"] = config.AWSSite{Domain: "third.example.com"} }
	sharedDomain := func(w *config.AWSWorkload) { w.Sites["twin"] = w.Sites["main"] }
	othersZones := func(w *config.AWSWorkload) {
		w.HostedZoneManagementEnabled = false
		for name, site := range w.Sites {
			site.CertificateARN = "arn:of-" + name
			w.Sites[name] = site
		}
	}
	for _, test := range []struct {
		name     string
		change   func(*config.AWSWorkload)
		byDomain map[string]string // nil for older state
		domains  []string
		preview  bool
		want     []string
		failure  string
	}{
		{name: "one", byDomain: swapped, domains: []string{firstDomain}, want: []string{"arn:second"}},
		{name: "all", byDomain: swapped, domains: []string{firstDomain, secondDomain}, want: []string{"arn:second", "arn:first"}},
		{name: "two sites with a domain", change: sharedDomain, byDomain: swapped, domains: []string{secondDomain}, want: []string{"arn:first"}},
		{
			name: "before persistent", change: third, byDomain: swapped, domains: []string{secondDomain, "third.example.com"},
			failure: "step persistent has not made the certificate of third.example.com yet: run it first",
		},
		{name: "before persistent in a preview", change: third, byDomain: swapped, domains: []string{"third.example.com"}, preview: true},
		{name: "older state", domains: []string{secondDomain}, want: []string{"arn:second"}},
		{name: "older state, all", domains: []string{firstDomain, secondDomain}, want: []string{"arn:first", "arn:second"}},
		{name: "older state of fewer domains", change: third, domains: []string{secondDomain}, want: ordered},
		{name: "zones of others", change: othersZones, byDomain: swapped, domains: []string{secondDomain}, want: []string{"arn:of-main"}},
		{
			name: "zones of others, two sites with a domain", change: func(w *config.AWSWorkload) { sharedDomain(w); othersZones(w) },
			domains: []string{firstDomain, secondDomain}, want: []string{"arn:of-analytics", "arn:of-main", "arn:of-twin"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var changes []func(*config.AWSWorkload)
			if test.change != nil {
				changes = append(changes, test.change)
			}
			workload := load(t, "demo01-staging", changes...)
			persistent := &PersistentOutputs{
				CertARNs:        pulumi.ToStringArray(ordered).ToStringArrayOutput(),
				CertificateARNs: pulumi.ToStringMap(test.byDomain).ToStringMapOutput(),
			}
			r := newRecorder()
			r.Preview = test.preview
			var got []string
			err := r.Exec(func(ctx *pulumi.Context) error {
				ctx.Export("certificates", certificatesOf(ctx, workload, persistent, test.domains...).ApplyT(func(arns []string) []string {
					got = arns
					return arns
				}))
				return nil
			})
			if test.failure != "" {
				if err == nil || !strings.Contains(err.Error(), test.failure) {
					t.Errorf("error %v, want %q", err, test.failure)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			assert.Equal(t, test.want, got, "certificates")
		})
	}
}

// State of before there was the output: the load balancers are the same.
func TestLoadBalancersOfOlderState(t *testing.T) {
	t.Parallel()
	older := pulumi.StringMap{}.ToStringMapOutput()
	helm := helmIn(t, "demo01-staging")
	helm.Persistent.CertificateARNs = older
	helm.Persistent.CertARNs = pulumi.ToStringArray([]string{"arn:first", "arn:second"}).ToStringArrayOutput()
	sites := sitesIn(t, "demo01-staging", balancerPerSite)
	sites.Persistent.CertificateARNs = older
	shared, own := mustRunHelm(t, helm), mustRunSites(t, sites)
	for _, test := range []struct{ got, want any }{
		{shared.Find(t, ingressType, "demo01-staging-20250115-traefik-ingress").Args(), "arn:first,arn:second"},
		{own.Find(t, ingressType, "demo01-staging-20250115-analytics-traefik-ingress").Args(), "arn:first"},
		{own.Find(t, ingressType, "demo01-staging-20250115-main-traefik-ingress").Args(), "arn:second"},
	} {
		annotations := test.got.(map[string]any)["metadata"].(map[string]any)["annotations"].(map[string]any)
		if annotations[certificateAnnotation] != test.want {
			t.Errorf("certificates %v, want %v", annotations[certificateAnnotation], test.want)
		}
	}
}
