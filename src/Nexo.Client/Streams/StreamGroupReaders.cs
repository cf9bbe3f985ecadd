using System.Text;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>The answer to GROUP CREATE.</summary>
internal readonly struct GroupCreateReader : IReplyReader<StreamGroupCreation>
{
    public bool TryRead(ReadOnlySpan<byte> body, out StreamGroupCreation result)
    {
        bool read = GroupCreateReply.TryRead(body, out GroupCreateReply reply);
        result = read ? new(reply.Created, reply.Position, GroupOptionBodies.Read(reply.Options)) : default;
        return read;
    }
}

/// <summary>The answer to GROUP DESCRIBE.</summary>
internal readonly struct GroupDescribeReader(string name) : IReplyReader<StreamGroupDescription>
{
    public bool TryRead(ReadOnlySpan<byte> body, out StreamGroupDescription result)
    {
        bool read = GroupDescribeReply.TryRead(body, out GroupDescribeReply reply);
        var members = new List<StreamGroupMember>();
        while (read && reply.TryTakeMember(out GroupMember member))
        {
            members.Add(new StreamGroupMember(
                member.Member,
                Encoding.UTF8.GetString(member.Name),
                member.State,
                member.InFlight,
                WireTimes.Moment(member.JoinedAt),
                WireTimes.Moment(member.HeardAt)));
        }

        result = !read ? null! : new StreamGroupDescription
        {
            Name = name,
            Mode = reply.Mode,
            Epoch = reply.Epoch,
            Position = reply.Position,
            Lag = (long)reply.Lag,
            DeadLetters = (long)reply.DeadLetters,
            Members = members,
            Options = GroupOptionBodies.Read(reply.Options),
        };
        return read;
    }
}

/// <summary>A page of the list of groups.</summary>
internal readonly struct GroupsReader : IReplyReader<NexoPage<StreamGroupSummary>>
{
    public bool TryRead(ReadOnlySpan<byte> body, out NexoPage<StreamGroupSummary> result)
    {
        var items = new List<StreamGroupSummary>();
        bool read = GroupListReply.TryRead(body, out GroupListReply reply);
        while (read && reply.TryTake(out GroupListItem item))
        {
            items.Add(new StreamGroupSummary(
                Encoding.UTF8.GetString(item.Group), item.Mode, item.Position, (long)item.Lag, item.Members));
        }

        result = new NexoPage<StreamGroupSummary>(items, reply.Cursor.ToArray());
        return read;
    }
}

/// <summary>The answer to GROUP SEEK.</summary>
internal readonly struct GroupSeekReader : IReplyReader<StreamSeekResult>
{
    public bool TryRead(ReadOnlySpan<byte> body, out StreamSeekResult result)
    {
        bool read = GroupSeekReply.TryRead(body, out GroupSeekReply reply);
        result = new StreamSeekResult(reply.Before, reply.After, (long)reply.Replayed, reply.Epoch);
        return read;
    }
}

/// <summary>The answer to GROUP JOIN, read before anything that is pushed.</summary>
internal readonly struct GroupJoinReader(GroupOpening opening) : IReplyReader<bool>
{
    public bool TryRead(ReadOnlySpan<byte> body, out bool result)
    {
        result = GroupJoinReply.TryRead(body, out GroupJoinReply reply);
        opening.OnJoined(reply);
        return result;
    }
}

/// <summary>The answer to GROUP HEARTBEAT.</summary>
internal readonly struct GroupStateReader : IReplyReader<GroupState>
{
    public bool TryRead(ReadOnlySpan<byte> body, out GroupState result) => GroupState.TryRead(body, out result);
}

/// <summary>The answer to GROUP COMMIT.</summary>
internal readonly struct GroupCommitReader : IReplyReader<ulong>
{
    public bool TryRead(ReadOnlySpan<byte> body, out ulong result)
    {
        bool read = GroupCommitReply.TryRead(body, out GroupCommitReply reply);
        result = reply.Position;
        return read;
    }
}

/// <summary>The answer to GROUP PULL.</summary>
internal readonly struct GroupPullReader : IReplyReader<GroupChunk>
{
    public bool TryRead(ReadOnlySpan<byte> body, out GroupChunk result) => GroupChunk.TryRead(body, out result);
}

/// <summary>Options of groups to the wire and back.</summary>
internal static class GroupOptionBodies
{
    public static void Write(FrameBuffer body, StreamGroupOptions options)
    {
        Write(body, GroupOptionTag.DeliveriesMax, options.DeliveriesMax);
        if (options.DeadLetterStream is { } deadLetters)
        {
            GroupOptionFields.Write(body, GroupOptionTag.DeadLetterStream, Encoding.UTF8.GetBytes(deadLetters));
        }

        Write(body, GroupOptionTag.LeaseMs, options.Lease is { } lease ? WireTimes.Milliseconds(lease) : null);
        Write(body, GroupOptionTag.BackoffMs, options.Backoff is { } backoff ? WireTimes.Milliseconds(backoff) : null);
    }

    public static StreamGroupOptions Read(GroupOptionFields fields)
    {
        var options = new StreamGroupOptions();
        while (fields.TryTake(out GroupOptionTag tag, out ulong number, out ReadOnlySpan<byte> text))
        {
            options = tag switch
            {
                GroupOptionTag.DeliveriesMax => options with { DeliveriesMax = (int)Math.Min(number, int.MaxValue) },
                GroupOptionTag.DeadLetterStream => options with { DeadLetterStream = Encoding.UTF8.GetString(text) },
                GroupOptionTag.LeaseMs => options with { Lease = WireTimes.Duration(number) },
                GroupOptionTag.BackoffMs => options with { Backoff = WireTimes.Duration(number) },
                _ => options,
            };
        }

        return options;
    }

    private static void Write(FrameBuffer body, GroupOptionTag tag, long? number)
    {
        if (number is { } given)
        {
            GroupOptionFields.Write(body, tag, unchecked((ulong)given));
        }
    }
}
