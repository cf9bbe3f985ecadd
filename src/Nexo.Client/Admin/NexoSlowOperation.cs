using System.Text;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>An operation that took as long as <c>slow.threshold</c> of the server, or longer.</summary>
public sealed record NexoSlowOperation
{
    /// <summary>Counts up in one run of the server.</summary>
    public required ulong Id { get; init; }

    /// <summary>When it ended, by the server's clock.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>How long it took.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Where the time went.</summary>
    public required SlowCause Cause { get; init; }

    /// <summary>What its client speaks.</summary>
    public required ConnectionProtocol Protocol { get; init; }

    /// <summary>As the protocol calls it; of several that were handled together, the first and how many more.</summary>
    public required string Operation { get; init; }

    /// <summary>The key, queue, topic or the like, cut; may be empty.</summary>
    public required string Subject { get; init; }

    /// <summary>The number of the connection: see <see cref="NexoConnection.Id"/>.</summary>
    public required ulong Connection { get; init; }

    /// <summary>Address and port of the client.</summary>
    public required string Remote { get; init; }

    /// <summary>Who it is; empty when nobody is asked.</summary>
    public required string User { get; init; }

    /// <summary>What the client calls itself; may be empty.</summary>
    public required string Client { get; init; }

    /// <summary>The namespace it works in; empty: the default one.</summary>
    public required string Namespace { get; init; }
}

/// <summary>The slow operations.</summary>
internal readonly struct SlowestReader : IReplyReader<IReadOnlyList<NexoSlowOperation>>
{
    public bool TryRead(ReadOnlySpan<byte> body, out IReadOnlyList<NexoSlowOperation> result)
    {
        var items = new List<NexoSlowOperation>();
        bool read = SlowestReply.TryRead(body, out SlowestReply reply);
        while (read && reply.TryTake(out SlowestItem item))
        {
            items.Add(new NexoSlowOperation
            {
                Id = item.Id,
                At = WireTimes.Moment(item.AtMs),
                Duration = TimeSpan.FromMicroseconds(Math.Min(item.Microseconds, (ulong)TimeSpan.MaxValue.TotalMicroseconds / 2)),
                Cause = item.Cause,
                Protocol = item.Protocol,
                Operation = Encoding.UTF8.GetString(item.Operation),
                Subject = Encoding.UTF8.GetString(item.Subject),
                Connection = item.Connection,
                Remote = Encoding.UTF8.GetString(item.Remote),
                User = Encoding.UTF8.GetString(item.User),
                Client = Encoding.UTF8.GetString(item.Client),
                Namespace = Encoding.UTF8.GetString(item.Namespace),
            });
        }

        result = items;
        return read;
    }
}
