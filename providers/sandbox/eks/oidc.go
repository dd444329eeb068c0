package eks

import (
	"fmt"

	"github.com/ptd-go/ptd/providers/sandbox"
)

// makeOIDCProvider lets roles trust the cluster's service accounts. For that the component
// reads the thumbprint of the issuer's certificate by HTTPS in every preview and run, also of
// a cluster that is there; where it does not get there it asks for a minute, and fails.
// (docs/reference/real-plugins.md 1, row 2; pulumi-eks, nodejs/eks/cert-thumprint.ts)
func (c *cluster) makeOIDCProvider() error {
	if !c.isTrue("createOidcProvider") {
		return nil
	}
	region, err := c.invoke("aws:index/getRegion:getRegion", nil)
	if err != nil {
		return fmt.Errorf("call getRegion: %w", err)
	}
	if !c.reachesIssuers {
		const frames = "\n    at getThumbprint (/snapshot/eks/bin/cert-thumprint.js:108:15)" +
			"\n    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)"
		return refuse("Error: Cannot retrieve the certificate fingerprint at the issuer URL: https://oidc.eks.%s.amazonaws.com%s",
			region["name"].StringValue(), frames)
	}
	c.oidc, err = c.register(child{
		typ: "aws:iam/openIdConnectProvider:OpenIdConnectProvider", name: c.Name + "-oidcProvider", inputs: map[string]value{
			"clientIdLists": list(text("sts.amazonaws.com")), "url": c.cluster.get("identities", 0, "oidcs", 0, "issuer"),
			// In truth that of a certificate of oidc.eks.{region}.amazonaws.com.
			"thumbprintLists": list(text(sandbox.Digest(40, "oidc.eks.amazonaws.com"))),
		},
	})
	return err
}
