"""NME, FR, AUC and CED: functional core, torchmetrics classes, protocols."""
