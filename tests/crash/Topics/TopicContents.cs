using System.Text;
using Nexo.Crash.Wire;
using Nexo.Protocol;

namespace Nexo.Crash.Topics;

/// <summary>A retained message as a server shows it, copied.</summary>
internal sealed record RetainedCopy(string Topic, byte[] Body, long ExpiresAt);

/// <summary>A binding as a server shows it, copied.</summary>
internal sealed record BindingCopy(string Name, string Filter, string Target);

/// <summary>All that a server keeps of topics.</summary>
internal sealed record TopicContents(IReadOnlyList<RetainedCopy> Retained, IReadOnlyList<BindingCopy> Bindings)
{
    private const uint PageItems = 500;

    /// <exception cref="WireEndedException">The server is gone, or refuses to show it.</exception>
    public static async Task<TopicContents> ReadAsync(WireConnection connection, CancellationToken cancel)
    {
        List<RetainedCopy> retained = [];
        List<BindingCopy> bindings = [];
        await PagesAsync(
            connection,
            Opcode.RetainedList,
            (body, cursor) => new RetainedListRequest { Limit = PageItems, Cursor = cursor, Filter = "#"u8 }.Write(body),
            frame => TakeRetained(frame, retained),
            cancel);
        await PagesAsync(
            connection,
            Opcode.BindingList,
            (body, cursor) => new ScanRequest { Limit = PageItems, Cursor = cursor }.Write(body),
            frame => TakeBindings(frame, bindings),
            cancel);
        return new TopicContents(retained, bindings);
    }

    /// <summary>The cursor, or null: it cannot be read.</summary>
    private static byte[]? TakeRetained(Frame frame, List<RetainedCopy> all)
    {
        if (!RetainedListReply.TryRead(frame.Body, out RetainedListReply page))
        {
            return null;
        }

        while (page.TryTake(out RetainedListItem item))
        {
            all.Add(new RetainedCopy(Encoding.UTF8.GetString(item.Topic), item.Body.ToArray(), item.ExpiresAt));
        }

        return page.Cursor.ToArray();
    }

    private static byte[]? TakeBindings(Frame frame, List<BindingCopy> all)
    {
        if (!BindingListReply.TryRead(frame.Body, out BindingListReply page))
        {
            return null;
        }

        while (page.TryTake(out BindingListItem item))
        {
            all.Add(new BindingCopy(
                Encoding.UTF8.GetString(item.Name), Encoding.UTF8.GetString(item.Filter), Encoding.UTF8.GetString(item.Target)));
        }

        return page.Cursor.ToArray();
    }

    private static async Task PagesAsync(
        WireConnection connection,
        Opcode opcode,
        Action<FrameBuffer, byte[]> write,
        Func<Frame, byte[]?> take,
        CancellationToken cancel)
    {
        byte[]? cursor = [];
        do
        {
            byte[] from = cursor;
            Frame answer = await connection.AskAsync(opcode, Durability.ServerDefault, body => write(body, from), cancel);
            cursor = answer.Kind == FrameKind.Reply ? take(answer) : null;
            if (cursor is null)
            {
                throw new WireEndedException($"{opcode} was answered with {answer.Kind} {answer.ErrorText}");
            }
        }
        while (cursor.Length > 0);
    }
}
