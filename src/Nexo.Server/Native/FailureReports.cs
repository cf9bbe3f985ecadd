using Nexo.Engine.Topics;
using Nexo.Protocol;

namespace Nexo.Server.Native;

/// <summary>
/// Notices of one connection that have failed, of which there may be a flood: the last one and how many, told once in a while.
/// The reading thread adds, the sweep takes. Thread-safe.
/// </summary>
internal sealed class FailureReports
{
    private readonly Lock _gate = new();
    private ulong _count;
    private Opcode _opcode;
    private uint _correlation;
    private ErrorCode _code;
    private TopicStatus _status;
    private TopicPublished _published;

    /// <summary>A notice was refused for what it says.</summary>
    public void Add(Opcode opcode, uint correlation, TopicStatus status, in TopicPublished published = default) =>
        Add(opcode, correlation, TopicFailures.CodeOf(status), status, published);

    /// <summary>A notice was refused before it came to the topics.</summary>
    public void Add(Opcode opcode, uint correlation, ErrorCode code) =>
        Add(opcode, correlation, code, TopicStatus.Ok, default);

    /// <summary>Writes what is to be told; false: nothing is.</summary>
    public bool TryTake(FrameBuffer frames, TopicLimits limits)
    {
        lock (_gate)
        {
            if (_count == 0)
            {
                return false;
            }

            frames.Begin(Opcode.Report, FrameKind.Notice, correlation: 0);
            ReportNotice.WriteStart(frames, _opcode, _correlation, _count);
            Span<byte> detail = stackalloc byte[BindingRefusedDetail.Size];
            TopicFailures.DetailOf(_published).Write(detail);
            string message = _status == TopicStatus.Ok ? MessageOf(_code) : TopicFailures.MessageOf(_status, limits);
            ErrorBody.Write(frames, _code, message, _code == ErrorCode.BindingRefused ? detail : default);
            frames.End();
            _count = 0;
            return true;
        }
    }

    private static string MessageOf(ErrorCode code) => code switch
    {
        ErrorCode.ShuttingDown => "The server is shutting down.",
        ErrorCode.PermissionDenied => "No rule of the user allows to publish there.",
        _ => "The body, or a flag, of a notice is malformed: see docs/protocol.md.",
    };

    private void Add(Opcode opcode, uint correlation, ErrorCode code, TopicStatus status, in TopicPublished published)
    {
        lock (_gate)
        {
            _count++;
            _opcode = opcode;
            _correlation = correlation;
            _code = code;
            _status = status;
            _published = published;
        }
    }
}
