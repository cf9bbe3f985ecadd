using Nexo.Protocol;

namespace Nexo.Client;

/// <content>Saying goodbye: a server that hears a GOAWAY knows that the client was not lost.</content>
internal sealed partial class Connection
{
    private static readonly TimeSpan FarewellMax = TimeSpan.FromSeconds(1);

    private NexoException? _farewell;
    private TaskCompletionSource? _drained;

    /// <summary>Sends what was to be sent, and a GOAWAY behind it, then closes. A server that does not take it is not waited for for
    /// long. What still comes in is passed over.</summary>
    public async Task SayGoodbyeAsync(NexoException reason)
    {
        if (TrySayFarewell(reason, out Task drained))
        {
            await Task.WhenAny(drained, Over, Task.Delay(FarewellMax)).ConfigureAwait(false);
        }

        Close(reason);
    }

    private bool TrySayFarewell(NexoException reason, out Task drained)
    {
        bool flush;
        lock (_gate)
        {
            drained = Task.CompletedTask;
            if (_closed || _farewell is not null)
            {
                return false;
            }

            _farewell = reason;
            _drained = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            drained = _drained.Task;
            _outbox.AddError(Opcode.GoAway, FrameKind.Notice, 0, ErrorCode.None, string.Empty);
            flush = _outbox.TryStartFlush();
        }

        if (flush)
        {
            StartFlush(here: false);
        }

        return true;
    }
}
