using System.Text;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>A connection of a client, as the server sees it.</summary>
public sealed record NexoConnection
{
    /// <summary>Its number, unique in this run of the server: see <see cref="NexoAdmin.DisconnectAsync"/>.</summary>
    public required ulong Id { get; init; }

    /// <summary>What it speaks; another number if the server knows more than this client.</summary>
    public required ConnectionProtocol Protocol { get; init; }

    /// <summary>Address and port of the client.</summary>
    public required string Remote { get; init; }

    /// <summary>Who it is; empty when nobody is asked, or before it has said so.</summary>
    public required string User { get; init; }

    /// <summary>What the client calls itself; may be empty.</summary>
    public required string Client { get; init; }

    /// <summary>The namespace it works in; empty: the default one.</summary>
    public required string Namespace { get; init; }

    /// <summary>Whether it came by TLS.</summary>
    public required bool IsEncrypted { get; init; }

    /// <summary>Whether it is the one that has asked.</summary>
    public required bool IsOwn { get; init; }

    /// <summary>When it was accepted, by the server's clock.</summary>
    public required DateTimeOffset ConnectedAt { get; init; }

    /// <summary>For how long nothing was received.</summary>
    public required TimeSpan Idle { get; init; }

    /// <summary>Requests that it has made.</summary>
    public required long Requests { get; init; }

    /// <summary>Bytes that the server has received from it.</summary>
    public required long ReceivedBytes { get; init; }

    /// <summary>Bytes that the server has sent to it.</summary>
    public required long SentBytes { get; init; }

    /// <summary>What waits at the server because the client does not read it.</summary>
    public required long PendingBytes { get; init; }
}

/// <summary>A page of connections.</summary>
internal readonly struct ConnectionsReader : IReplyReader<NexoPage<NexoConnection>>
{
    public bool TryRead(ReadOnlySpan<byte> body, out NexoPage<NexoConnection> result)
    {
        var items = new List<NexoConnection>();
        bool read = ConnectionListReply.TryRead(body, out ConnectionListReply reply);
        while (read && reply.TryTake(out ConnectionListItem item))
        {
            items.Add(new NexoConnection
            {
                Id = item.Id,
                Protocol = item.Protocol,
                Remote = Encoding.UTF8.GetString(item.Remote),
                User = Encoding.UTF8.GetString(item.User),
                Client = Encoding.UTF8.GetString(item.Client),
                Namespace = Encoding.UTF8.GetString(item.Namespace),
                IsEncrypted = item.Flags.HasFlag(ConnectionFlags.Tls),
                IsOwn = item.Flags.HasFlag(ConnectionFlags.Own),
                ConnectedAt = WireTimes.Moment(item.ConnectedAtMs),
                Idle = WireTimes.Duration(item.IdleMs),
                Requests = (long)item.Requests,
                ReceivedBytes = (long)item.ReceivedBytes,
                SentBytes = (long)item.SentBytes,
                PendingBytes = (long)item.PendingBytes,
            });
        }

        result = new NexoPage<NexoConnection>(items, reply.Cursor.ToArray());
        return read;
    }
}
