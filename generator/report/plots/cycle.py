def cycle_plots(record):
    return ()
