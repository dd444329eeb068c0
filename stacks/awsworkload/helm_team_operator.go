package awsworkload

import "github.com/ptd-go/ptd/components/kubernetes"

// makeTeamOperator installs the operator last: it makes objects of the definitions that
// the charts before it bring. (facts: aws-workload-apps 7.5)
func (r *helmRelease) makeTeamOperator() error {
	args := &kubernetes.TeamOperatorArgs{
		Installation: r.direct("team-operator", "team_operator_chart_version", r.cluster.TeamOperatorChartVersion),
		RoleARN:      r.setup.TeamOperatorRoleARN,
		Region:       r.config.Region,
		Image:        r.cluster.OperatorImage(),
		SkipCRDs:     r.cluster.TeamOperatorSkipCRDs,
	}
	for _, toleration := range r.cluster.TeamOperatorTolerations {
		args.Tolerations = append(args.Tolerations, kubernetes.Toleration{
			Key: toleration.Key, Operator: toleration.Operator, Value: toleration.Value, Effect: string(toleration.Effect),
		})
	}
	after := []*kubernetes.Chart{r.traefik}
	if r.secretsStore != nil {
		after = append(after, r.secretsStore)
	}
	_, err := kubernetes.NewTeamOperator(r.ctx, r.name+"-team-operator", args, r.after(after...))
	return err
}
