using Nexo.Cli.Terminal;
using Nexo.Client;
using Nexo.Protocol;

namespace Nexo.Cli.Keeper;

/// <summary>How far a group is behind its stream.</summary>
internal sealed record GroupLag(string Stream, string Group, long Lag, long Members)
{
    public string Name => $"{Stream}/{Group}";
}

/// <summary>The groups of all streams.</summary>
internal static class GroupLags
{
    // A look at more takes longer than what is looked at stays the same.
    private const int StreamsMax = 1_000;

    /// <summary>Null: the user may not look at all streams.</summary>
    public static async Task<List<GroupLag>?> ReadAsync(ClientRun run)
    {
        try
        {
            List<GroupLag> lags = [];
            await foreach (StreamSummary stream in run.Client.Streams.ListAsync(cancellationToken: run.Cancel).Take(StreamsMax))
            {
                await AddAsync(run, stream.Name, lags);
            }

            return lags;
        }
        catch (NexoException refused) when (refused.Code == ErrorCode.PermissionDenied)
        {
            return null;
        }
    }

    private static async Task AddAsync(ClientRun run, string stream, List<GroupLag> lags)
    {
        try
        {
            await foreach (StreamGroupSummary group in run.Client.Stream(stream).ListGroupsAsync(run.Cancel))
            {
                lags.Add(new GroupLag(stream, group.Name, group.Lag, group.Members));
            }
        }
        catch (NexoException gone) when (gone.Code == ErrorCode.StreamNotFound)
        {
            // It was deleted since it was listed.
        }
    }
}
