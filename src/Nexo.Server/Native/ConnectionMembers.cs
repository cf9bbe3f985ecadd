using Nexo.Engine.Streams;

namespace Nexo.Server.Native;

/// <summary>
/// The memberships of one connection in groups of streams, also those whose subscription was stopped: they end with it. Thread-safe.
/// </summary>
internal sealed class ConnectionMembers
{
    private readonly Lock _gate = new();
    private readonly List<StreamGroupMember> _members = [];

    public void Add(StreamGroupMember member)
    {
        lock (_gate)
        {
            _members.Add(member);
        }
    }

    /// <summary>It is none any more.</summary>
    public void Remove(StreamGroupMember member)
    {
        lock (_gate)
        {
            _members.Remove(member);
        }
    }

    /// <summary>The connection has ended: others take over.</summary>
    public void Close()
    {
        StreamGroupMember[] members;
        lock (_gate)
        {
            members = [.. _members];
            _members.Clear();
        }

        foreach (StreamGroupMember member in members)
        {
            member.Dispose();
        }
    }
}
